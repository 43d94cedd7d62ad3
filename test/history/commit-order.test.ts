import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createHistories,
  createHistory,
  type History,
  type RowChange,
  type State,
  type TableDescriptor,
} from '../../src/history/mod.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { eachServer, openDatabaseOn, type TestDatabase } from '../support/databases.ts'
import { startServer } from '../support/server.ts'

interface Key {
  readonly id: number
}
interface Note extends Key {
  readonly body: string | null
  readonly parent: number | null
}
type NoteState = State<Key, Note, Related>
interface Related {
  readonly children: NoteState[]
}
type Notes = History<Key, Note, Key, Record<never, never>, Related>

const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 'note' },
  versionTable: { schema: 'public', name: 'note_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['id'],
  columns: [
    { name: 'id', codec: 'number', cast: 'int4', required: true },
    { name: 'body', codec: 'text', cast: 'text' },
    { name: 'parent', codec: 'number', cast: 'int4' },
  ],
  relations: [
    {
      name: 'children',
      columns: ['id'],
      target: () => descriptor,
      targetColumns: ['parent'],
      many: true,
      refers: false,
    },
  ],
}

/** One transaction writes first and commits last; another does all of its work in between. Gives the instant in between. */
const overlap = async (database: TestDatabase, url: string): Promise<string> => {
  await database.script('create table note (id int primary key, body text, parent int)')
  await apply(database, (await look(database, describeModel('note', {}))).migrations)
  await database.script(`insert into note values (1, 'a', null), (2, 'b', 1), (4, 'd', 1)`)
  const first = new pg.Client({ connectionString: url })
  await first.connect()
  try {
    await first.query(`begin; update note set body = 'late' where id = 1`)
    await first.query(`insert into note values (3, 'late', 1); delete from note where id = 4`)
    await database.script(`update note set body = 'early' where id = 2`)
    const [between] = await database.query<{ at: string }>(`select to_jsonb(clock_timestamp()) #>> '{}' as at`)
    await first.query('commit')
    return between?.at ?? ''
  } finally {
    await first.end()
  }
}

/** What every way to read says about the notes at an instant. */
const readAt = async (db: pg.Pool, when: string, endTransactionColumn: string | null): Promise<readonly string[]> => {
  const its = { ...descriptor, endTransactionColumn }
  const notes = createHistory<Key, Note, Key, Record<never, never>, Related>(db, its)
  const snapshot = notes.asOf(when)
  const say = (states: readonly { readonly data: Note }[]) => states.map(({ data }) => `${data.id} ${data.body}`)
  const all = say(await snapshot.all())
  assert.is(await snapshot.count(), all.length)

  const streamed: NoteState[] = []
  for await (const state of snapshot.stream()) streamed.push(state)
  assert.equal(say(streamed), all)

  const keys = [1, 2, 3, 4]
  assert.equal(say((await Promise.all(keys.map((id) => snapshot.find({ id })))).filter(isThere)), all)
  assert.equal(say((await Promise.all(keys.map((id) => notes.at({ id }, when)))).filter(isThere)), all)

  const children = all.filter((text) => !text.startsWith('1'))
  assert.equal(say((await (await snapshot.find({ id: 1 }))?.related.children()) ?? []), children)
  const [eager] = await snapshot.all({ where: { id: 1 }, with: ['children'] })
  assert.equal(say((await eager?.related.children()) ?? []), children)
  const loaded = await snapshot.find({ id: 1 }, { with: ['children'] })
  assert.equal(say((await loaded?.related.children()) ?? []), children)

  const past = createHistories<{ note: Notes }>(db, { note: its }).at(when)
  assert.equal(say(await past.note.all()), all)
  assert.equal(say((await Promise.all(keys.map((id) => past.note.find({ id })))).filter(isThere)), all)
  return all
}

/** Changes up to an instant, and after it. */
const changesAround = async (db: pg.Pool, when: string): Promise<readonly [until: string, since: string]> => {
  const notes = createHistory<Key, Note>(db, descriptor)
  const histories = createHistories<{ note: History<Key, Note> }>(db, { note: descriptor })
  const say = (change: RowChange<Key, Note>) => `${change.operation} ${change.key.id}`
  const around = async (filter: { readonly since?: string; readonly until?: string }): Promise<string> => {
    const streamed: string[] = []
    for await (const change of notes.stream(filter)) streamed.push(say(change))
    const timeline = (await histories.timeline(filter)).map(say)
    assert.equal(timeline.toSorted(), streamed.toSorted())
    return streamed.join()
  }
  assert.is(await around({ since: when, until: when }), '')
  return [await around({ until: when }), await around({ since: when })]
}

const isThere = <State>(state: State | undefined): state is State => state !== undefined

const asWritten = ['1 late', '2 early', '3 late']
const asSeen = ['1 a', '2 early', '4 d']
const early = 'insert 1,insert 2,insert 4'
const late = 'update 1,insert 3,delete 4'

eachServer((name, open, major) => {
  const read = async (database: TestDatabase, url: string, expected: readonly string[]): Promise<void> => {
    const between = await overlap(database, url)
    const db = new pg.Pool({ connectionString: url, max: 3 })
    try {
      assert.equal(await readAt(db, between, 'end_transaction_id'), expected)
      assert.equal(await readAt(db, between, null), expected)
      assert.equal(await readAt(db, '2999-01-01', 'end_transaction_id'), asWritten)
      assert.equal(await readAt(db, '2000-01-01', 'end_transaction_id'), [])
      const notes = createHistory<Key, Note>(db, descriptor)
      const bodies = await notes.versions({ id: 1 }, { before: between })
      assert.is(bodies.at(-1)?.data.body, expected === asSeen ? 'a' : 'late')
      assert.equal(
        await notes.diff({ id: 1 }, between, '2999-01-01'),
        expected === asSeen ? { body: ['a', 'late'] } : {},
      )

      assert.equal(
        await changesAround(db, between),
        expected === asSeen ? [`${early},update 2`, late] : [`${early},${late},update 2`, ''],
      )

      // Rows that were restored from a dump were not committed when they were loaded.
      await db.query(`create table saved as select * from transaction; delete from transaction;
        insert into transaction select * from saved`)
      assert.equal(await readAt(db, between, 'end_transaction_id'), asWritten)
    } finally {
      await db.end()
    }
  }

  test(`an instant means what had been written then (${name}, track_commit_timestamp off)`, async () => {
    const database = await open()
    try {
      await read(database, database.url, asWritten)
    } finally {
      await database.close()
    }
  })

  test(`an instant means what others could see then (${name}, track_commit_timestamp on)`, async () => {
    const server = await startServer(major, { settings: { track_commit_timestamp: 'on' } })
    try {
      const database = await openDatabaseOn(server.url(), major)
      try {
        await read(database, database.url, asSeen)
      } finally {
        await database.close()
      }
    } finally {
      await server.stop()
    }
  })
})

test.run()
