import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compareTypes } from '../../src/plan/type-change.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { testOnEachDatabase } from '../support/databases.ts'

/** Type in history, type in the base table, what happens: `-` nothing, `?` a person decides, else the new type, `!` if rewritten. */
const changes: readonly (readonly [version: string, base: string, change: string])[] = [
  ['varchar(10)', 'varchar(20)', 'character varying(20)'],
  ['varchar(20)', 'varchar(10)', '-'],
  ['varchar(20)', 'varchar', 'character varying'],
  ['varchar(20)', 'text', 'text'],
  ['text', 'varchar(20)', '-'],
  ['varchar', 'text', '-'],
  ['char(5)', 'varchar(9)', 'text!'],
  ['varchar(9)', 'char(5)', 'text'],
  ['char(5)', 'text', 'text!'],
  ['char(5)', 'char(9)', 'bpchar'],
  ['numeric(8,2)', 'numeric(10,2)', 'numeric(10,2)'],
  ['numeric(10,2)', 'numeric(8,2)', '-'],
  ['numeric(10,2)', 'numeric(10,3)', 'numeric'],
  ['numeric(10,2)', 'numeric', 'numeric'],
  ['numeric', 'numeric(10,2)', '-'],
  ['smallint', 'integer', 'integer!'],
  ['integer', 'numeric(9,2)', 'numeric!'],
  ['numeric(9,2)', 'integer', 'numeric'],
  ['bigint', 'smallint', '-'],
  ['integer', 'double precision', '?'],
  ['real', 'double precision', 'double precision!'],
  ['double precision', 'real', '-'],
  ['cidr', 'inet', 'inet'],
  ['inet', 'cidr', '-'],
  ['date', 'timestamp(3)', 'timestamp without time zone!'],
  ['timestamp', 'date', '-'],
  ['timestamp(3)', 'timestamp', 'timestamp without time zone'],
  ['timestamp', 'timestamp(3)', '-'],
  ['timestamptz', 'timestamp', '?'],
  ['timestamp', 'timestamptz', '?'],
  ['timestamptz', 'date', '?'],
  ['timestamptz', 'text', '?'],
  ['text', 'timestamptz', '?'],
  ['interval(0)', 'interval', 'interval'],
  ['uuid', 'text', 'text!'],
  ['text', 'uuid', '-'],
  ['uuid', 'integer', '?'],
  ['boolean', 'integer', '?'],
  ['json', 'jsonb', 'jsonb!'],
  ['jsonb', 'json', 'json!'],
  ['integer[]', 'bigint[]', 'bigint[]!'],
  ['bigint[]', 'integer[]', '-'],
  ['varchar(5)[]', 'varchar(9)[]', 'character varying[]'],
  ['integer', 'integer[]', '?'],
  ['mood', 'mood', '-'],
  ['mood', 'more_moods', 'public.more_moods!'],
  ['more_moods', 'mood', 'text!'],
  ['mood', 'text', 'text!'],
  ['text', 'mood', '-'],
  ['positive', 'integer', 'integer'],
  ['integer', 'positive', '-'],
  ['positive', 'bigint', 'bigint!'],
  ['integer', 'bigger', 'bigint!'],
  ['xml', 'text', '?'],
]

testOnEachDatabase(test, 'what happens to a version column when its base column has another type', async (db) => {
  await db.script(`create type mood as enum ('sad', 'glad'); create type more_moods as enum ('glad', 'mad', 'sad');
    create domain positive as integer check (value > 0); create domain bigger as bigint;
    create table version (${changes.map(([type], i) => `c${i} ${type}`).join(', ')});
    create table base (${changes.map(([, type], i) => `c${i} ${type}`).join(', ')})`)
  const { relations } = await readInSnapshot(db)
  const typesOf = (table: string) => relations.find(({ name }) => name === table)?.columns.map(({ type }) => type) ?? []
  const [versions, bases] = [typesOf('version'), typesOf('base')]
  const found = changes.map(([version, base], i) => {
    const [from, to] = [versions[i], bases[i]]
    if (from === undefined || to === undefined) throw new Error(`no column ${i}`)
    const change = compareTypes(from, to)
    if (change.kind === 'none') return [version, base, '-']
    return [version, base, change.kind === 'refuse' ? '?' : `${change.to.sql}${change.rewrite ? '!' : ''}`]
  })
  assert.equal(found, changes)
})

testOnEachDatabase(test, 'Postgres rewrites a table exactly where that is said', async (db) => {
  await db.script(`create type mood as enum ('sad', 'glad'); create type more_moods as enum ('glad', 'mad', 'sad');
    create domain positive as integer check (value > 0); create domain bigger as bigint`)
  for (const [version, base, change] of changes) {
    if (change === '-' || change === '?') continue
    const type = change.replace(/!$/, '')
    const using = /^(uuid|mood|more_moods|json|jsonb)$/.test(version) ? `using v::text::${type}` : ''
    await db.script(`create table t (v ${version})`)
    const node = async (): Promise<unknown> => (await db.query(`select pg_relation_filenode('t') as node`))[0]
    const before = await node()
    await db.script(`alter table t alter v type ${type} ${using}`)
    const isRewritten = JSON.stringify(await node()) !== JSON.stringify(before)
    assert.is(isRewritten, change.endsWith('!'), `${version} to ${type} (${base})`)
    await db.script('drop table t')
  }
})

test.run()
