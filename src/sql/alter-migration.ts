import type { Change } from '../plan/changes.ts'
import type { VersionedTable } from '../plan/types.ts'
import { closeChains } from './close-chains.ts'
import { historyGrants } from './grants.ts'
import { recordingSection, sections, squawkNote, type Timeouts } from './migrations.ts'
import { recordFunctionName } from './names.ts'
import { identifier, qualified } from './quote.ts'
import { rekey } from './rekey.ts'
import { createRecordingTrigger, createReplicationFunction, replicationFunctionName } from './replication.ts'
import { comment } from './text.ts'
import { columnDefinition, createIndex, describeVersionTable } from './version-table.ts'

/** What one change does, in a DBA's words, with the lock it takes. */
interface Step {
  readonly does: string | null
  readonly locks: Lock | readonly Lock[] | null
}

interface Lock {
  readonly on: 'base' | 'version'
  /** Where others wait longest for the highest. */
  readonly rank: number
  readonly words: string
}

/**
 * A later migration: brings an existing version table, its function and its triggers in line again. The version table
 * comes first and the base table last, so that the locks writers feel most are held for the shortest time.
 */
export const alterMigration = (table: VersionedTable, changes: readonly Change[], timeouts: Timeouts): string => {
  const rewrites = changes.some((change) => change.kind === 'rekey' || isRewrite(change))
  const steps = changes.map((change) => describeChange(table, change, rewrites))
  const all = steps.flatMap(({ locks }) => locks ?? [])
  // Whoever holds a lock needs no word on weaker ones of the same table.
  const strongest = all.filter((lock) => !all.some(({ on, rank }) => on === lock.on && rank > lock.rank))
  const locks = [...new Set(strongest.map(({ words }) => words))]
  const columns = changes.flatMap((change) => alterColumn(change))
  const version = qualified(table.version)
  const of = <Kind extends Change['kind']>(kind: Kind): readonly Extract<Change, { kind: Kind }>[] =>
    changes.filter((change): change is Extract<Change, { kind: Kind }> => change.kind === kind)
  return sections(
    [
      `Brings the history of ${comment(qualified(table.base))} in line with the table.`,
      '',
      ...labelled(
        'Changes',
        steps.flatMap(({ does }) => does ?? []),
      ),
      ...labelled('Locks', locks.length === 0 ? ['nothing.'] : locks),
      ...squawkIgnores(table, changes),
    ],
    rewrites ? { ...timeouts, statementTimeout: '0' } : timeouts,
    ...lockFirst(table, changes),
    ...of('rename-table').map((change) => renameTable(table, change)),
    ...section(of('rename-column'), ({ from, to }) => [
      `alter table ${version} rename column ${identifier(from)} to ${identifier(to)};`,
    ]),
    ...(columns.length === 0 ? [] : [`alter table ${version}\n  ${columns.join(',\n  ')};`]),
    ...of('rekey').map((change) => rekey(table, change)),
    ...of('close-chains').map(() => closeChains(table)),
    ...of('create-index').map(({ index }) => createIndex(table, index)),
    ...of('describe').map(({ numbers }) => describeVersionTable(table, numbers)),
    ...of('secure').map(() => historyGrants(table)),
    ...of('replace-function').map(() => recordingSection(table)),
    ...of('replace-replication-function').map(() => createReplicationFunction(table)),
    ...section(changes, (change) => alterTrigger(table, change)),
    ...section(of('drop-trigger'), ({ function: unused }) =>
      unused === null ? [] : [`drop function ${qualified(unused)}();`],
    ),
  )
}

/**
 * Writers lock the base table first, then its history. A migration that needs locks on both takes them in the same order,
 * so that it waits for writers but never they for it and it for them.
 */
const lockFirst = (table: VersionedTable, changes: readonly Change[]): readonly string[] => {
  const has = (...kinds: readonly Change['kind'][]): boolean => changes.some(({ kind }) => kinds.includes(kind))
  const mode = has('rename-trigger', 'drop-trigger')
    ? 'access exclusive'
    : has('replace-trigger', 'enable-trigger')
      ? 'share row exclusive'
      : 'share'
  const isShared = has('rename-table', 'rename-column', 'create-index', 'close-chains') || changes.some(altersColumn)
  const isNeeded = has('rekey') || (mode !== 'share' && isShared)
  return isNeeded
    ? [
        `-- The table before its history, as its writers lock them: so nobody waits in a circle.
lock table ${qualified(table.base)} in ${mode} mode;`,
      ]
    : []
}

const altersColumn = (change: Change): boolean => alterColumn(change).length > 0

/** One section of statements that belong together; each only once. */
const section = <Item>(items: readonly Item[], render: (item: Item) => readonly string[]): readonly string[] => {
  const lines = [...new Set(items.flatMap((item) => render(item)))]
  return lines.length === 0 ? [] : [lines.join('\n')]
}

const labelled = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => (i === 0 ? label : '').padEnd(9) + line)

const isRewrite = (change: Change): boolean => change.kind === 'convert-column' && change.rewrite

/** What squawk warns of and is meant here; a reviewer finds the reasons under `Locks`. */
const squawkIgnores = (table: VersionedTable, changes: readonly Change[]): readonly string[] => {
  const has = (kind: Change['kind']): boolean => changes.some((change) => change.kind === kind)
  const key = new Set(table.key.map(({ name }) => name))
  const leavesKey = changes.some((change) => change.kind === 'rekey' && change.from.some((name) => !key.has(name)))
  return squawkNote(
    changes.flatMap((change) =>
      change.kind === 'add-column' || change.kind === 'convert-column' ? [change.column] : [],
    ),
    [
      ...(has('rename-column') ? ['renaming-column'] : []),
      ...(has('rename-table') ? ['renaming-table'] : []),
      ...(has('convert-column') ? ['changing-column-type'] : []),
      ...(has('drop-not-null') || leavesKey ? ['ban-drop-not-null'] : []),
      ...(has('rekey') ? ['adding-serial-primary-key-field', 'constraint-missing-not-valid'] : []),
      ...(has('create-index') ? ['require-concurrent-index-creation'] : []),
    ],
  )
}

const renameTable = (table: VersionedTable, change: Extract<Change, { kind: 'rename-table' }>): string => {
  const { from, functions } = change
  const rename = (kind: 'table' | 'function', before: typeof from, after: typeof from): readonly string[] => {
    const call = kind === 'function' ? '()' : ''
    const moved = { schema: after.schema, name: before.name }
    return [
      ...(before.schema === after.schema
        ? []
        : [`alter ${kind} ${qualified(before)}${call} set schema ${identifier(after.schema)};`]),
      ...(before.name === after.name
        ? []
        : [`alter ${kind} ${qualified(moved)}${call} rename to ${identifier(after.name)};`]),
    ]
  }
  return [
    ...rename('table', from, table.version),
    ...functions.flatMap((name) => rename('function', name.from, name.to)),
  ].join('\n')
}

const alterColumn = (change: Change): readonly string[] => {
  switch (change.kind) {
    case 'add-column':
      return [`add column ${columnDefinition(change.column).join(' ')}`]
    case 'drop-not-null':
      return [`alter column ${identifier(change.column)} drop not null`]
    case 'drop-generation':
      return [`alter column ${identifier(change.column)} drop ${change.what}`]
    case 'convert-column': {
      const { column, using } = change
      const name = identifier(column.name)
      const collate = column.collation === null ? '' : ` collate ${column.collation}`
      const cast = using.length === 0 ? '' : ` using ${name}${using.map((type) => `::${type}`).join('')}`
      return [`alter column ${name} type ${column.type}${collate}${cast}`]
    }
    default:
      return []
  }
}

const alterTrigger = (table: VersionedTable, change: Change): readonly string[] => {
  const base = qualified(table.base)
  switch (change.kind) {
    case 'rename-trigger':
      return [`alter trigger ${identifier(change.from)} on ${base} rename to ${identifier(change.to)};`]
    case 'replace-trigger':
      return [createRecordingTrigger(table, change.trigger)]
    case 'enable-trigger':
      return [
        `alter table ${base} enable ${change.trigger.enabled === 'replica' ? 'replica ' : ''}trigger ${identifier(change.trigger.name)};`,
      ]
    case 'drop-trigger':
      return [`drop trigger ${identifier(change.name)} on ${base};`]
    default:
      return []
  }
}

const describeChange = (table: VersionedTable, change: Change, rewrites: boolean): Step => {
  const span = rewrites ? 'until the end of this file' : 'for a moment'
  const base = comment(qualified(table.base))
  const version = comment(qualified(table.version))
  const rows = table.history?.found.estimatedRows ?? -1
  const size = rows < 0 ? '' : ` (about ${rows.toLocaleString('en')} rows when this was written)`
  const lockVersion = (rank: number, words: string): Lock => ({ on: 'version', rank, words: `${version}: ${words}` })
  const lockBase = (rank: number, words: string): Lock => ({ on: 'base', rank, words: `${base}: ${words}` })
  const wait = `its readers and the writers of ${base} wait.`
  const long = lockVersion(5, `ACCESS EXCLUSIVE while all its rows are written anew${size}: ${wait}`)
  const exclusive = lockVersion(4, `ACCESS EXCLUSIVE for a moment, no rewrite: ${wait}`)
  const everybody = lockBase(4, `ACCESS EXCLUSIVE ${span}: all who use it wait.`)
  const writers = lockBase(3, `SHARE ROW EXCLUSIVE ${span}: writes wait, reads go on.`)
  switch (change.kind) {
    case 'rename-table':
      return { does: `renames ${comment(qualified(change.from))} to ${version}`, locks: exclusive }
    case 'rename-column':
      return { does: `renames ${comment(change.from)} to ${comment(change.to)} in ${version}`, locks: exclusive }
    case 'add-column':
      return {
        does: `adds ${comment(change.column.name)} to ${version}${change.column.of === null ? '' : '; older versions hold null there'}`,
        locks: exclusive,
      }
    case 'drop-not-null':
      return { does: `lets ${comment(change.column)} be null in ${version}`, locks: exclusive }
    case 'drop-generation':
      return { does: `lets ${comment(change.column)} of ${version} take values`, locks: exclusive }
    case 'convert-column': {
      const { column, rewrite } = change
      return {
        does: `makes ${comment(column.name)} in ${version} ${comment(column.type)}`,
        locks: rewrite ? long : exclusive,
      }
    }
    case 'rekey':
      return {
        does: `gives ${version} the key (${comment([...table.key.map(({ name }) => name), table.transactionColumn].join(', '))})`,
        locks: [lockBase(2, 'SHARE until the end of this file: writes wait, reads go on.'), long],
      }
    case 'close-chains':
      return {
        does: `gives every version its end again`,
        locks: lockVersion(1, `ROW EXCLUSIVE; all its rows are read, and those without their end written${size}.`),
      }
    case 'create-index':
      return {
        does: `creates the index ${comment(change.index.name)}`,
        locks: lockVersion(3, `SHARE while the index is built: writers of ${base} wait, reads go on.`),
      }
    case 'describe':
      return {
        does: `notes in the comment of ${version} which columns it keeps`,
        locks: lockVersion(0, 'SHARE UPDATE EXCLUSIVE for a moment: nobody waits.'),
      }
    case 'secure':
      return { does: `takes rights to write ${version} back`, locks: null }
    case 'replace-function':
      return {
        does: `replaces ${comment(qualified(recordFunctionName(table.version)))}(), which locks nothing`,
        locks: null,
      }
    case 'replace-replication-function':
      return {
        does: `replaces ${comment(qualified(replicationFunctionName(table.version)))}(), which locks nothing`,
        locks: null,
      }
    case 'rename-trigger':
      return { does: `renames the trigger ${comment(change.from)} to ${comment(change.to)}`, locks: everybody }
    case 'replace-trigger':
      return { does: `creates or replaces the trigger ${comment(change.trigger.name)}`, locks: writers }
    case 'enable-trigger':
      return { does: `enables the trigger ${comment(change.trigger.name)}`, locks: writers }
    case 'drop-trigger':
      return { does: `drops the trigger ${comment(change.name)}`, locks: everybody }
    case 'create':
    case 'fill':
    case 'backfill':
    case 'catch-up':
      return { does: null, locks: null }
  }
}
