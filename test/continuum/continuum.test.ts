import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import { type Connection, type History, type None, type State, type Version, withActor } from '../../src/history/mod.ts'
import { check, generate } from '../../src/project.ts'
import { eachServer } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { linkVersiongen } from '../support/mines.ts'
import { continuumPackages, preparePython } from '../support/python.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { type Continuum, type Reading, type Setup, withContinuum, type Write } from './session.ts'

interface Key {
  readonly id: number
}
type Data = Key & Readonly<Record<string, unknown>>
type Permit = State<Key, Data>
interface Related {
  readonly permits: Permit[]
}
type Mines = History<Key, Data, Key, None, Related>
interface Histories {
  readonly mineHistory: (db: Connection) => Mines
  readonly permitHistory: (db: Connection) => History<Key, Data>
}

const opened = '2024-04-24T22:12:00.123456'

/** Eight transactions that Continuum's ORM writes. */
const steps: readonly (readonly Write[])[] = [
  [
    ['insert', 'mine', 1, { name: 'Brucejack', grade: '1.5', secret: 'x' }],
    ['insert', 'mine', 2, { name: "O'Hara", active: false }],
    ['insert', 'permit', 1, { mine_id: 1, permit_no: 'C-1' }],
    ['insert', 'permit', 2, { mine_id: 1, permit_no: 'C-2' }],
  ],
  [
    ['update', 'mine', 1, { name: '', active: true }],
    ['insert', 'permit', 3, { mine_id: 2, permit_no: 'C-3' }],
  ],
  [
    ['update', 'mine', 1, { grade: null }],
    ['update', 'permit', 2, { mine_id: 2 }],
  ],
  [['delete', 'permit', 1, {}]],
  [['update', 'mine', 2, { name: null, active: null }]],
  [['update', 'mine', 1, { secret: 'y' }]],
  [
    ['delete', 'permit', 2, {}],
    ['delete', 'permit', 3, {}],
    ['delete', 'mine', 2, {}],
  ],
  [['insert', 'permit', 1, { mine_id: 1, permit_no: 'C-1 again' }]],
]

/** The same rows once somebody else writes them, and more than Continuum records: a changed key, bulk updates. */
const writes = `
  insert into mine values (7, 'Gibraltar', 0.5, '${opened}', true, 'z'), (8, 'Highland', null, null, null, null);
  update mine set name = 'renamed' where id = 1;
  insert into permit values (7, 7, 'G-7'), (8, 1, 'B-8');
  update permit set permit_no = permit_no || '!';
  delete from permit where id = 8;
  update mine set id = 9 where id = 8;
  delete from mine where id = 9;
  insert into mine values (8, 'Highland', 2, null, false, null)`

const models = (setup: Setup, writer: 'orm' | 'trigger'): string => {
  const options = [
    `writer: '${writer}'`,
    ...(setup.strategy === 'subquery' ? [`strategy: 'subquery'`] : []),
    ...(setup.modified ? ['trackModified: true'] : []),
  ].join(', ')
  return `export class Mine { static __versioned__ = { ${options}, exclude: ['secret'] }; static tableName = 'mine' }
export class Permit { static __versioned__ = { ${options} }; static tableName = 'permit' }
`
}

/** What both readers have to agree on. Continuum has no changes for a delete, and tells those after one against the deleted row. */
const comparable = ({ versions, at, linked, count, own }: Reading): object => ({
  versions: versions.map(({ changeset, issued_at, ...version }, i) => ({
    ...version,
    issuedAt: issued_at === null ? null : new Date(/[Z+]/.test(issued_at) ? issued_at : `${issued_at}Z`),
    changeset: version.operation === 'delete' || versions[i - 1]?.operation === 'delete' ? null : changeset,
  })),
  at,
  linked,
  count,
  own,
})

const readOurs = async <R extends object>(
  history: History<Key, Data, Key, None, R>,
  id: number,
  ids: readonly string[],
) => {
  const versions = await history.versions({ id })
  const transactions = versions.map(({ transaction }) => transaction.id)
  const at: [string, string | null][] = []
  for (const transaction of ids) {
    at.push([transaction, (await history.at({ id }, { transaction }))?.transaction.id ?? null])
    const found = await history.asOf({ transaction }).find({ id })
    assert.is(found?.transaction.id ?? null, at.at(-1)?.[1])
  }
  const alive = (await history.current({ id })) !== undefined
  return {
    versions: await Promise.all(
      versions.map(async (version, i) => ({
        transaction: version.transaction.id,
        issuedAt: version.transaction.issuedAt,
        remote_addr: version.transaction.remoteAddr,
        operation: version.operation,
        data: version.data,
        changeset: version.operation === 'delete' || versions[i - 1]?.operation === 'delete' ? null : version.changeset,
        previous: (await version.previous())?.transaction.id ?? null,
        next: (await version.next())?.transaction.id ?? null,
      })),
    ),
    at: Object.fromEntries(at),
    linked: transactions,
    count: alive ? await history.count({ id }) : null,
    own: alive ? transactions : null,
  }
}

/** Both readers say the same of every row there ever was, of its neighbours, and of what was related to it. */
const compareReaders = async (continuum: Continuum, { mineHistory, permitHistory }: Histories, db: pg.Pool) => {
  const compared =
    (await compareRows(continuum, 'mine', mineHistory(db), db)) +
    (await compareRows(continuum, 'permit', permitHistory(db), db))
  for (const id of [1, 2, 7]) {
    const theirs = await continuum.permits(id)
    for (const version of await mineHistory(db).versions({ id })) {
      if (version.operation === 'delete') continue
      assert.equal(await permitsOf(version), theirs[version.transaction.id], `permits of mine ${id}`)
    }
  }
  return compared
}

const compareRows = async <R extends object>(
  continuum: Continuum,
  table: string,
  history: History<Key, Data, Key, None, R>,
  db: pg.Pool,
): Promise<number> => {
  const transactions = await db.query<{ id: string }>('select id::text from transaction')
  const rows = await db.query<Key>(`select distinct id from ${table}_version order by id`)
  const ids = transactions.rows.map(({ id }) => id)
  let compared = 0
  for (const { id } of rows.rows) {
    const ours = await readOurs(history, id, ids)
    assert.equal(ours, comparable(await continuum.read(table, id)), `${table} ${id}`)
    compared += ours.versions.length
  }
  for await (const { key, problem } of history.verify()) assert.unreachable(`${table} ${key.id}: ${problem}`)
  return compared
}

const permitsOf = async (version: Version<Key, Data, Related>): Promise<(readonly [number, unknown])[]> =>
  (await version.related.permits()).map(({ data }) => [data.id, data['permit_no']] as const).sort(([a], [b]) => a - b)

interface Scene {
  readonly url: string
  readonly db: pg.Pool
  /** Writes models and what `versiongen --all` writes for them; runs its migrations. Gives the accessors. */
  generate(writer: 'orm' | 'trigger'): Promise<Histories>
  /** What `versiongen check` complains about. */
  findings(): Promise<readonly string[]>
}

const inScene = (
  open: () => Promise<Parameters<typeof migrate>[0] & { readonly url: string }>,
  setup: Setup,
  play: (scene: Scene) => Promise<void>,
): Promise<void> =>
  withTemporaryFolder(async (folder) => {
    const database = await open()
    const db = new pg.Pool({ connectionString: database.url, max: 3 })
    try {
      await linkVersiongen(folder)
      await mkdir(join(folder, 'sql'))
      await writeFile(join(folder, 'flyway.toml'), '[flyway]\nlocations = ["filesystem:sql"]\n')
      const settings = await loadSettings({ cwd: folder, env: {}, flags: { url: database.url } })
      const all = { tables: [], all: true }
      let runs = 0
      await play({
        url: database.url,
        db,
        generate: async (writer) => {
          await writeFile(join(folder, 'models.ts'), models(setup, writer))
          await generate(settings, all, { dryRun: false, force: false, now: new Date('2024-05-01') })
          await migrate(database, folder)
          return (await import(`${pathToFileURL(join(settings.out, 'index.ts')).href}?run=${runs++}`)) as Histories
        },
        findings: async () => {
          const report = await check(settings, all)
          return [...report.tables.flatMap(({ findings }) => findings), ...report.findings]
            .filter(({ severity }) => severity === 'error')
            .map(({ message }) => message)
        },
      })
    } finally {
      await db.end()
      await database.close()
    }
  })

/** Our triggers write; Continuum's own API reads and reverts, and so do our accessors. */
const liveTogether = async (continuum: Continuum, histories: Histories, { db }: Scene): Promise<void> => {
  const mines = histories.mineHistory(db)
  for (const statement of writes.split(';')) {
    await withActor(db, { userId: undefined, remoteAddr: '192.0.2.7' }, (tx) => tx.query(statement))
  }
  assert.ok((await compareReaders(continuum, histories, db)) > 12)

  // Continuum takes back the last change of a mine, and gives it its permits of then.
  const before = await mines.versions({ id: 7 })
  await db.query(`update mine set name = 'a', grade = null where id = 7`)
  await db.query(`update permit set permit_no = 'changed' where id = 7`)
  await db.query(`insert into permit values (70, 7, 'new')`)
  const last = before.at(-1)
  assert.ok(last)
  await continuum.revert('mine', 7, last.transaction.id, [])
  assert.equal((await mines.current({ id: 7 }))?.data, last.data)
  const now = (await mines.current({ id: 7 }))?.transaction.id ?? ''
  assert.is((await mines.current({ id: 7 }))?.operation, 'update')

  // It revives deleted rows of ours, parents first (told to do it at once, it violates the foreign key).
  await db.query('delete from permit where mine_id = 7; delete from mine where id = 7')
  assert.is(await mines.current({ id: 7 }), undefined)
  await continuum.revert('mine', 7, now, [])
  assert.equal((await mines.current({ id: 7 }))?.data, last.data)
  assert.is((await mines.current({ id: 7 }))?.operation, 'insert')
  await continuum.revert('mine', 7, now, ['permits'])
  const permits = await histories.permitHistory(db).asOf(new Date()).all()
  assert.equal(
    permits
      .filter(({ data }) => data['mine_id'] === 7)
      .map(({ data, operation }) => [data.id, data['permit_no'], operation]),
    [
      [7, 'changed', 'insert'],
      [70, 'new', 'insert'],
    ],
  )

  // We go back to its versions, with what belonged to them.
  const [first] = await mines.versions({ id: 1 })
  assert.is(await first?.revert({ relations: ['permits'] }), 'update')
  const { data } = (await mines.current({ id: 1 })) ?? {}
  assert.equal(data, first?.data)
  await compareReaders(continuum, histories, db)
}

const setups: readonly (readonly [title: string, setup: Setup])[] = [
  ['its ORM, _mod columns', { native: false, strategy: 'validity', modified: true }],
  ['its native triggers', { native: true, strategy: 'validity', modified: false }],
  ['its ORM, strategy subquery', { native: false, strategy: 'subquery', modified: false }],
]

const missing = await preparePython(continuumPackages).then(
  () => undefined,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
)

if (missing !== undefined) {
  process.stderr.write(`SKIPPED test/continuum: SQLAlchemy-Continuum is not to be had: ${missing.split('\n')[0]}\n`)
  test('SQLAlchemy-Continuum (skipped: not to be had)', () => {})
} else {
  eachServer((name, open) => {
    for (const [title, setup] of setups) {
      test(`Continuum writes (${title}), both read; versiongen takes over, both read and revert (${name})`, () =>
        inScene(open, setup, async (scene) => {
          const { db, url } = scene
          await withContinuum(url, setup, async (continuum) => {
            await continuum.create()
            await continuum.write(steps)
            // Naive UTC as Continuum has it, a day apart, and one that nobody dated.
            await db.query(`update transaction set issued_at = timestamp '2024-01-01' + id * interval '1 day'`)
            await db.query('update transaction set issued_at = null where id = 3')
            const theirs = await scene.generate('orm')
            assert.equal(await scene.findings(), [])
            assert.ok((await compareReaders(continuum, theirs, db)) >= 12)
            await readByInstant(theirs, db)

            await continuum.stop()
            const ours = await scene.generate('trigger')
            assert.equal(await scene.findings(), [])
            await liveTogether(continuum, ours, scene)
            assert.equal(await scene.findings(), [])
          })
        }))
    }

    test(`versiongen makes all tables and writes, Continuum reads and reverts (${name})`, () => {
      const setup: Setup = { native: false, strategy: 'validity', modified: false }
      return inScene(open, setup, async (scene) => {
        await scene.db.query(`
          create table mine (id int primary key, name varchar(200), grade numeric(10,4), opened timestamp, active boolean,
            secret varchar(60));
          create table permit (id int primary key, mine_id int references mine (id), permit_no varchar(20));
          insert into mine values (1, 'Brucejack', 1.5); insert into permit values (1, 1, 'C-1')`)
        const histories = await scene.generate('trigger')
        await withContinuum(scene.url, setup, async (continuum) => {
          await continuum.stop()
          await liveTogether(continuum, histories, scene)
        })
      })
    })
  })
}

/** Transaction n was issued on the day after the nth of January 2024, but for the third, which nobody dated. */
const readByInstant = async ({ mineHistory, permitHistory }: Histories, db: pg.Pool): Promise<void> => {
  const mines = mineHistory(db)
  const nameAt = async (when: string) => (await mines.at({ id: 1 }, when))?.data['name']
  assert.is(await nameAt('2024-01-01T23:59:59.999999Z'), undefined)
  assert.is(await nameAt('2024-01-02'), 'Brucejack')
  assert.is(await nameAt('2024-01-02T20:30:00-03:30'), '')
  const permitsAt = async (when: string) => (await permitHistory(db).asOf(when).all()).map(({ data }) => data.id)
  assert.equal(await permitsAt('2024-01-01'), [])
  assert.equal(await permitsAt('2024-01-02'), [1, 2])
  assert.equal(await permitsAt('2024-01-04'), [1, 2, 3])
  assert.equal(await permitsAt('2024-01-05'), [2, 3], 'the fourth transaction deleted one')
  assert.equal(await permitsAt('2024-02-01'), [1])
}

test.run()
