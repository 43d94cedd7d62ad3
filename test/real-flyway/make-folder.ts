import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { compareVersions, parseVersion } from '../../src/flyway/version.ts'
import type { Version } from '../../src/flyway/types.ts'

/** A project with migrations in every shape, and what is known about it. */
export interface MadeFolder {
  /** Flyway's settings, without `flyway.`. */
  readonly settings: Readonly<Record<string, string>>
  /** Files that Flyway looks at or might be thought to. */
  readonly files: number
  /** Migrations that a run from an empty database executes. */
  readonly executed: number
  readonly highest: Version
  /** The tables with a model. */
  readonly tables: readonly string[]
  /** What the hand-made version tables lack or have too narrow: `mine_version.region`. */
  readonly missing: readonly string[]
  readonly narrow: readonly string[]
}

interface Table {
  readonly name: string
  readonly columns: { name: string; width: number | null }[]
  /** The columns of its hand-made version table, as they were when it was made. */
  history: ReadonlyMap<string, number | null> | undefined
}

interface Step {
  readonly description: string
  readonly sql: string
  readonly conf?: string
}

const resources = 'src/main/resources/db/migration'

/**
 * Writes a Maven project with `count` files for Flyway, always the same ones for a seed: two locations and folders below
 * them, every shape of version, a date in the future at the end (as a stamp with `last: 'stamps'`), baseline, repeatable,
 * undo, script and Java migrations, callbacks and `.conf` files. They make forty tables, twenty of which have models; eight
 * have version tables made by hand, which the tables have grown out of since.
 */
export const makeFolder = async (
  root: string,
  { seed, count, last }: { readonly seed: number; readonly count: number; readonly last: 'dates' | 'stamps' },
): Promise<MadeFolder> => {
  const random = makeRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const others = 25
  const versions = makeVersions(count - others, last, random)
  const tables: Table[] = []
  const java = [60, 200]
  const scripts = [30, 31, 32, 210, 300]
  const reserved = new Set([...java, ...scripts])
  const nothing: Step = { description: 'step', sql: '' }
  const steps = versions.map((_, index) => (reserved.has(index) ? nothing : makeStep(index, tables, random)))
  const written: string[] = []
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    written.push(path)
  }
  const folder = (): string =>
    pick([resources, resources, `${resources}/v1`, `${resources}/feature x`, 'sql', 'sql/2020'])

  let confs = 0
  for (const [index, { description, sql, conf }] of steps.entries()) {
    const version = versions[index]?.text ?? ''
    if (java.includes(index)) {
      await write(`src/main/java/db/migration/V${version.replaceAll('.', '_')}__Java_step.java`, javaMigration(version))
    } else if (scripts.includes(index)) {
      await write(`${resources}/V${version}__step${version.includes('.') ? pick(['.sh', '.bash']) : ''}`, 'true\n')
    } else {
      const file = `${folder()}/V${version}__${description}${pick(['.sql', '.sql', '.sql', '.SQL'])}`
      await write(file, sql)
      if (conf === undefined) continue
      await writeFile(join(root, `${file}.conf`), conf)
      confs++
    }
  }
  const early = versions[9]?.text ?? ''
  await write(
    `${resources}/B${early}__squashed.sql`,
    steps
      .slice(0, 10)
      .map(({ sql }) => sql)
      .join(''),
  )
  for (const index of [0, 3, 50, 333]) await write(`${resources}/U${versions[index]?.text}__undo.sql`, 'select 1;\n')
  const [first, second] = tables
  for (const name of ['A', 'a2', 'b view', 'b_2']) {
    await write(
      `${pick([resources, 'sql'])}/R__${name}.sql`,
      `create or replace view "v ${name}" as select id from ${first?.name} union select id from ${second?.name}; -- \${owner}\n`,
    )
  }
  await write('sql/R__.sql', "comment on schema public is 'ours';\n")
  for (const name of [
    'beforeMigrate',
    'afterMigrate__5__grants',
    'afterVersioned',
    'beforeEachMigrate__x',
    'beforeValidate',
  ]) {
    await write(`${pick([resources, 'sql'])}/${name}.sql`, "set application_name to '${owner}';\n")
  }
  for (const name of ['notes.sql', 'V3_one_underscore.sql', '.V2__hidden.sql', 'v9__lower.sql', '020.04.15__x.sql']) {
    await write(`${resources}/${name}`, 'this is not run;\n')
  }
  for (const name of ['V9__x.sql.tmpl', 'README.md', '.git/V4__x.sql', 'V1__y.txt', 'R.sql'])
    await write(`sql/${name}`, 'nor this;\n')

  const modelled = tables.slice(0, 20)
  await writeModels(root, modelled)
  return {
    settings: {
      locations: `classpath:db/migration,filesystem:${root}/sql`,
      'placeholders.owner': 'postgres',
    },
    files: written.length + confs,
    // A baseline stands for the ten versions up to its own.
    executed: steps.length - 9 + 5,
    highest: versions.at(-1) as Version,
    tables: modelled.map(({ name }) => name),
    missing: findDrift(modelled, (now, then) => then === undefined && now !== undefined),
    narrow: findDrift(modelled, (now, then) => typeof now === 'number' && typeof then === 'number' && now > then),
  }
}

/** Mulberry32. */
const makeRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Ever higher ones: whole numbers with some between them, dates of three to six parts, at last stamps. */
const makeVersions = (count: number, last: 'dates' | 'stamps', random: () => number): readonly Version[] => {
  const versions: Version[] = []
  const add = (text: string): boolean => {
    const version = parseVersion(text)
    const highest = versions.at(-1)
    if (version === null || (highest && compareVersions(version, highest) <= 0)) return false
    versions.push(version)
    return true
  }
  for (let n = 1; versions.length < 60; n++) {
    add(n === 7 ? '007' : String(n))
    if (n % 5 === 0) for (const text of [`${n}_2`, `${n}.7`, `${n}_7_1`, `${n}.10.0`]) add(text)
  }
  const stamps = last === 'stamps' ? 150 : 0
  let instant = Date.UTC(2018, 1, 3)
  while (versions.length < count - stamps - 1) {
    instant += random() * 60 * 60_000 * 60
    const [year, ...rest] = new Date(instant)
      .toISOString()
      .split(/[^0-9]/)
      .slice(0, 6)
    const padded = random() < 0.3
    const parts = [year, ...rest.map((part) => (padded ? part : String(Number(part))))]
    add(parts.slice(0, 3 + Math.floor(random() * 4)).join(random() < 0.05 ? '_' : '.'))
  }
  while (versions.length < count - 1) {
    instant += random() * 60 * 60_000 * 60
    add(new Date(instant).toISOString().replace(/\D/g, '').slice(0, 14))
  }
  add(last === 'stamps' ? '20310924101530' : '2031.11.22.10.31')
  return versions
}

const words = [
  'region',
  'status',
  'tenure',
  'owner_name',
  'grade',
  'remark',
  'code',
  'depth',
  'opened_by',
  'licence',
] as const

const makeStep = (index: number, tables: Table[], random: () => number): Step => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  if (index === 0) {
    const sql =
      'create table transaction (issued_at timestamp, id bigserial primary key, remote_addr varchar(50), user_id bigint);\n' +
      'insert into transaction default values;\n'
    return { description: 'create_transaction', sql }
  }
  if (index === 1) return { description: 'types', sql: "create type mine_state as enum ('open', 'closed');\n" }
  if (tables.length < 20 || (tables.length < 40 && index % 10 === 0)) {
    const name = `mine_${tables.length + 1}`
    tables.push({
      name,
      columns: [
        { name: 'mine_no', width: 10 },
        { name: 'mine_name', width: 60 },
      ],
      history: undefined,
    })
    const key = pick(['id serial', 'id bigint generated by default as identity', 'id uuid default gen_random_uuid()'])
    const sql = `create table ${name} (${key} primary key, mine_no varchar(10), mine_name varchar(60), state mine_state default 'open');\n`
    return { description: `create_${name}`, sql }
  }
  // These are never looked at again: what goes into their history is known.
  const made = tables.slice(0, 8).find(({ history }) => history === undefined)
  if (made !== undefined && index > 40) return makeHistory(made)
  const table = pick(tables)
  const { name, columns, history } = table
  const column = pick(columns)
  switch (Math.floor(random() * 9)) {
    case 0: {
      const added = `${pick(words)}_${index}`
      const width = pick([null, 20, 40])
      columns.push({ name: added, width })
      return { description: `add ${added}`, sql: `alter table ${name} add column ${added} ${typeOf(width)};\n` }
    }
    case 1:
    case 2:
      if (column.width === null)
        return { description: `index ${name}`, sql: `create index on ${name} (${column.name});\n` }
      column.width += 40
      return {
        description: `widen_${column.name}`,
        sql: `alter table ${name} alter column ${column.name} type varchar(${column.width});\n`,
      }
    case 3:
      if (history !== undefined || columns.length < 4) break
      columns.splice(columns.indexOf(column), 1)
      return { description: `drop__${column.name}`, sql: `alter table ${name} drop column ${column.name};\n` }
    case 4:
      return {
        description: 'vacuum',
        sql: `vacuum analyze ${name};\n`,
        conf: 'executeInTransaction=false\n',
      }
    case 5:
      return {
        description: `comment.${name}`,
        sql: `comment on table ${name} is 'costs \${nothing}';\n`,
        conf: 'placeholderReplacement=false\n',
      }
    case 6:
      return { description: `grant ${name}`, sql: `grant select on ${name} to \${owner};\n` }
    case 7:
      return {
        description: `rows_${index}`,
        sql: `insert into ${name} (mine_no) select 'R' || n from generate_series(1, 3) n;\n`.replace(
          'mine_no',
          columns[0]?.name ?? '',
        ),
      }
    default:
  }
  const from = columns.find(({ width }) => width !== null)?.name ?? 'state'
  return {
    description: `update_${index}`,
    sql: `update ${name} set ${from} = ${from === 'state' ? "'closed'" : "'X'"};\n`,
  }
}

const typeOf = (width: number | null): string => (width === null ? 'text' : `varchar(${width})`)

/** As SQLAlchemy-Continuum lays it out, written by hand once and then forgotten. */
const makeHistory = (table: Table): Step => {
  const { name, columns } = table
  table.history = new Map(columns.map((column) => [column.name, column.width]))
  const lines = columns.map((column) => `  ${column.name} ${typeOf(column.width)},\n`).join('')
  const names = ['id', ...columns.map((column) => column.name), 'state'].join(', ')
  const sql = `create table ${name}_version as select id from ${name} where false;
alter table ${name}_version
${lines.replaceAll(/^ {2}/gm, '  add column ')}  add column state mine_state,
  add column transaction_id bigint not null,
  add column end_transaction_id bigint,
  add column operation_type smallint not null,
  add primary key (id, transaction_id);
insert into ${name}_version (${names}, transaction_id, operation_type) select ${names}, 1, 0 from ${name};
`
  return { description: `create_${name}_version`, sql }
}

const javaMigration = (version: string): string => `package db.migration;

import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;

public class V${version.replaceAll('.', '_')}__Java_step extends BaseJavaMigration {
  @Override
  public void migrate(Context context) {}
}
`

const writeModels = async (root: string, tables: readonly Table[]): Promise<void> => {
  const models = tables.map(({ name }) => {
    const model = name.replace(/^mine_/, 'Mine')
    return `export class ${model} {\n  static __versioned__ = { table: '${name}' }\n  id!: string\n}\n`
  })
  await mkdir(join(root, 'models'), { recursive: true })
  await writeFile(join(root, 'models/mines.ts'), models.join('\n'))
  await writeFile(join(root, 'package.json'), '{ "type": "module" }\n')
}

const findDrift = (
  tables: readonly Table[],
  differs: (now: number | null | undefined, then: number | null | undefined) => boolean,
): readonly string[] =>
  tables.flatMap(({ name, columns, history }) =>
    history === undefined
      ? []
      : columns
          .filter((column) => differs(column.width, history.get(column.name)))
          .map((column) => `public.${name}_version.${column.name}`),
  )
