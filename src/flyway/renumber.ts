import { basename, dirname, join } from 'node:path'
import { nextVersions } from './next-version.ts'
import type { AppliedMigration, FlywayConfig, Migration, MigrationFolder, Version } from './types.ts'
import type { NamedMigration } from './branch.ts'
import { compareVersions, highestVersion, versionKey } from './version.ts'

/** A file that gets another name in the same folder. */
export interface Move {
  readonly from: string
  readonly to: string
}

/**
 * New names for these versioned migrations, such that each is above everything else and their order stays. Those that
 * already are keep their names; an undo migration and a `.conf` file go along.
 *
 * @param elsewhere migrations that are not in the folder, but will be
 * @param confs the `.conf` files there are
 */
export const planMoves = (
  chosen: readonly Migration[],
  { migrations, config }: Pick<MigrationFolder, 'migrations' | 'config'>,
  {
    elsewhere,
    applied,
    confs,
    now,
  }: {
    readonly elsewhere: readonly NamedMigration[]
    readonly applied: readonly AppliedMigration[] | null
    readonly confs: ReadonlySet<string>
    readonly now: Date
  },
): readonly Move[] => {
  const undos = migrations.filter(
    ({ kind, version }) => kind === 'undo' && chosen.some((each) => isSame(each, version)),
  )
  const files = new Set(elsewhere.map(({ file }) => file))
  const others = migrations.filter((each) => !chosen.includes(each) && !undos.includes(each) && !files.has(each.file))
  const settled: Pick<Migration, 'kind' | 'version'>[] = [...others, ...elsewhere]
  const moves: Move[] = []
  for (const migration of chosen) {
    const highest = highestVersion([...settled, ...(applied ?? [])].flatMap(({ version }) => version ?? []))
    const isAbove = !highest || (migration.version !== null && compareVersions(migration.version, highest) > 0)
    if (isAbove) {
      settled.push(migration)
      continue
    }
    const [version] = nextVersions({ migrations: settled }, applied, { now, count: 1 })
    if (version === undefined) throw new Error('no next version')
    settled.push({ ...migration, version })
    for (const each of [migration, ...undos.filter((undo) => isSame(migration, undo.version))]) {
      const to = rename(each, version, config)
      moves.push({ from: each.file, to })
      if (confs.has(`${each.file}.conf`)) moves.push({ from: `${each.file}.conf`, to: `${to}.conf` })
    }
  }
  return moves
}

const isSame = ({ version }: Migration, other: Version | null): boolean =>
  version !== null && other !== null && versionKey(version) === versionKey(other)

/** Prefix and description stay as they are written. */
const rename = ({ file, kind, version }: Migration, next: Version, config: FlywayConfig): string => {
  const name = basename(file)
  const prefix = kind === 'undo' ? config.undoPrefix : config.versionedPrefix
  const end = prefix.length + (version?.text.length ?? 0)
  return join(dirname(file), prefix + next.text + name.slice(end))
}
