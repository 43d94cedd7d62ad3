import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ColumnType } from '../../src/catalog/types.ts'
import { mayHold } from '../../src/plan/model-type.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'

// For each type of column: TypeScript that holds it under some driver or ORM, and TypeScript that never does.
const types: readonly (readonly [column: string, holds: string, never: string])[] = [
  [
    'text',
    `string; 'a' | 'b'; string | null; string[]; Slug; unknown; any; Json<number>; string & { brand: 1 }`,
    'number; boolean; Date; bigint; 1 | 2',
  ],
  ['varchar(10)', 'string; MineNo; "x"; string | number', 'number | null; boolean; true'],
  ['char(1)', `'Y' | 'N'; string`, 'boolean; number'],
  ['uuid', 'string; UUID; `${string}-${string}`', 'number; bigint; Date; boolean; string[]'],
  ['boolean', 'boolean; true | false; Flag; null', `string; number; Date; 'Y' | 'N'; boolean[]`],
  ['smallint', 'number; 1 | 2 | 3; Status; number | null', 'string; boolean; Date; number[]'],
  [
    'integer',
    'number; Generated<number>; CreationOptional<number>; bigint; -1 | 1',
    'boolean; string; Generated<string>',
  ],
  ['bigint', 'string; number; bigint; Generated<string>; Long', 'boolean; string[]'],
  ['numeric(12, 2)', 'string; number; Decimal; Big; bigint', 'boolean; number[]'],
  ['money', 'string; number', 'boolean'],
  ['real', 'number', 'bigint; boolean; string'],
  ['double precision', 'number; Metres', 'bigint; boolean; string'],
  ['json', 'string; object; Record<string, unknown>; { a: number }; string[]; Foo | null', 'number; boolean; Date'],
  ['jsonb', '{ a: string | number }; unknown[]; string; Point[]; number[]', 'number; Date; number | undefined'],
  ['bytea', 'Buffer; Uint8Array; string; ArrayBuffer', 'number; boolean; Date'],
  ['date', 'string; Date; Temporal.PlainDate; number', 'boolean; bigint; string[]'],
  ['timestamp', 'Date; string; number; Dayjs', 'boolean; bigint'],
  ['timestamptz', 'Date; string; ColumnType<Date, string, string>; Moment', 'boolean; Date[]'],
  ['time', 'string; number; Date', 'boolean'],
  ['interval', 'string; PostgresInterval; number; { hours: number }', 'boolean; string[]'],
  ['inet', 'string; IPv4', 'number; boolean; string[]'],
  ['bit(1)', 'string; boolean; number', ''],
  ['point', '{ x: number, y: number }; string; [number, number]; number[]', ''],
  ['int4range', 'string; Range<number>; number[]', ''],
  ['mood', `string; Mood; 'sad' | 'ok'; (typeof moods)[number]; keyof typeof Mood`, 'number; boolean; Date'],
  ['percentage', 'number; Percentage', 'boolean; string'],
  ['pair', 'string; Pair; number', ''],
  [
    'text[]',
    'string[]; readonly string[]; Array<string>; ReadonlyArray<string>; string[][]; Set<string>; (string | null)[]',
    'string; number; number[]; boolean[]; number[][]',
  ],
  ['integer[]', 'number[]; number[][]; Array<number>; any', 'number; string[]; Date'],
  ['bigint[]', 'string[]; number[]; bigint[]', 'string; boolean[]'],
  ['timestamptz[]', 'Date[]; string[]; number[]', 'number; Date; boolean[]'],
  ['mood[]', 'string; string[]; Mood[]', 'number[]'],
  ['mine', 'string; Mine; number', ''],
]

testOnEachDatabase(test, 'what a TypeScript type may hold', async (db) => {
  await db.script(`create type mood as enum ('sad', 'ok');
    create domain percentage as integer check (value between 0 and 100);
    create type pair as (a integer, b text);
    create table mine (id integer);
    create table columns (${types.map(([type], i) => `c${i} ${type}`).join(', ')})`)
  const { relations } = await readInSnapshot(db)
  const columns = relations.find(({ name }) => name === 'columns')?.columns ?? []
  types.forEach(([name, holds, never], i) => {
    const type: ColumnType | undefined = columns[i]?.type
    if (type === undefined) throw new Error(name)
    for (const each of split(holds)) assert.ok(mayHold(each, type), `${each} may hold ${name}`)
    for (const each of split(never)) assert.not(mayHold(each, type), `${each} never holds ${name}`)
  })
})

const split = (list: string): readonly string[] => (list === '' ? [] : list.split('; ').map((each) => each.trim()))

test('types that are not understood may hold everything', () => {
  const uuid = { kind: 'base', schema: 'pg_catalog', name: 'uuid' } as ColumnType
  for (const odd of [
    '',
    '|',
    'number |',
    '(number',
    "'a",
    'number)',
    '() => number',
    'new () => number',
    '(a: number) => number',
    'number extends 1 ? 2 : 3',
    'A<number',
    'typeof x',
    "'\\'' | X",
    'string & number',
    '[number]',
    'import("x").Y',
  ])
    assert.type(mayHold(odd, uuid), 'boolean', odd)
  for (const odd of [
    '() => number',
    '(a: number) => number',
    'number & { __brand: 1 }',
    '[number]',
    'number extends 1 ? 2 : 3',
  ])
    assert.ok(mayHold(odd, uuid), odd)
  assert.not(mayHold('| number\n | null', uuid))
  assert.not(mayHold('(number | boolean)[] | (number)', uuid))
})

test.run()
