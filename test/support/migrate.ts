import { readFile } from 'node:fs/promises'
import { splitStatements } from '../../src/database/split-statements.ts'
import type { Database } from '../../src/database/types.ts'
import { readFlywayConfig } from '../../src/flyway/config.ts'
import { readHistory } from '../../src/flyway/history.ts'
import { replacePlaceholders } from '../../src/flyway/placeholders.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import { migrationStates } from '../../src/flyway/states.ts'

/**
 * Runs what is pending in a Flyway folder, and says so in `flyway_schema_history`: what `flyway migrate` does for
 * ordinary files, without its two seconds of start-up. What Flyway itself makes of them is tested in test/flyway.
 *
 * @param root the folder with `flyway.toml`
 * @returns the scripts that were run, in order
 */
export const migrate = async (db: Database, root: string): Promise<readonly string[]> => {
  const config = await readFlywayConfig({ cwd: root, env: {}, home: root, overrides: {} })
  const folder = await readFolder(config)
  await db.script(`create table if not exists public.flyway_schema_history (
    installed_rank integer primary key, version varchar(50), description varchar(200) not null, type varchar(20) not null,
    script varchar(1000) not null, checksum integer, installed_by varchar(100) not null default current_user,
    installed_on timestamp not null default now(), execution_time integer not null default 0, success boolean not null)`)
  const applied = (await readHistory(db, config)) ?? []
  const run: string[] = []
  let rank = Math.max(0, ...applied.map(({ installedRank }) => installedRank))
  for (const { state, migration } of migrationStates(folder, applied)) {
    if (state !== 'Pending' || migration === null) continue
    const text = await readFile(migration.file, 'utf8')
    const sql = (migration.placeholderReplacement ?? true) ? replacePlaceholders(text, config).text : text
    try {
      if (migration.executeInTransaction === false) for (const { text } of splitStatements(sql)) await db.script(text)
      else await db.script(`begin; ${sql}\n; commit`)
    } catch (cause) {
      await db.script('rollback')
      throw new Error(`${migration.script}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    await db.query(
      `insert into public.flyway_schema_history (installed_rank, version, description, type, script, checksum, success)
       values ($1::text::int4, $2, $3, 'SQL', $4, $5::text::int4, true)`,
      [
        String(++rank),
        migration.version?.text.replaceAll('_', '.') ?? null,
        migration.description,
        migration.script,
        String(migration.checksum),
      ],
    )
    run.push(migration.script)
  }
  return run
}
