import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testOnEachDatabase, type TestDatabase } from '../support/databases.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'

// What becomes of a function of an instant when others have its name, edit it, or change what it reads.

const mine = describeModel('mine', {})

const createMine = (database: TestDatabase): Promise<void> =>
  database.script('create table mine (id int primary key, name text)')

/** Brings the history in line with its table. */
const generate = async (database: TestDatabase): Promise<void> =>
  apply(database, (await look(database, mine)).migrations)

/** A mine whose name was one and is two; gives an instant in between. */
const prepare = async (database: TestDatabase): Promise<string> => {
  await createMine(database)
  await generate(database)
  await database.script(`insert into mine values (1, 'one')`)
  const [row] = await database.query<{ now: string }>('select clock_timestamp()::text as now')
  await database.script(`update mine set name = 'two'`)
  return row?.now ?? ''
}

const say = async (database: TestDatabase, asOfFunctions = true): Promise<readonly (readonly unknown[])[]> =>
  (await look(database, mine, asOfFunctions)).findings.map(({ code, object, actual, fix }) => [
    code,
    object,
    actual,
    fix,
  ])

const namesAt = async (database: TestDatabase, when: string): Promise<readonly unknown[]> =>
  (await database.query<{ name: string }>(`select name from mine_as_of('${when}')`)).map(({ name }) => name)

for (const name of ['mine_as_of', 'transaction_at']) {
  testOnEachDatabase(test, `${name} is somebody else's: nothing is written until it is renamed`, async (database) => {
    await createMine(database)
    await database.script(`create function ${name}(timestamptz) returns int language sql as 'select 42'`)
    assert.equal(await say(database), [['function-outdated', `public.${name}(timestamptz)`, 'another function', null]])
    assert.equal((await look(database, mine)).migrations, [])

    await database.script(`alter function ${name}(timestamptz) rename to answer`)
    await generate(database)
    assert.equal(await say(database), [])
    assert.equal(await database.query('select answer(now()) as answer'), [{ answer: 42 }])
  })
}

testOnEachDatabase(test, 'with asOfFunctions off the name is free for somebody else', async (database) => {
  await createMine(database)
  await database.script(`create function mine_as_of(timestamptz) returns int language sql as 'select 42'`)
  await apply(database, (await look(database, mine, false)).migrations)
  assert.equal(await say(database, false), [])
  assert.equal(await database.query('select mine_as_of(now()) as answer'), [{ answer: 42 }])
})

testOnEachDatabase(test, 'functions of other arguments are in nobody’s way', async (database) => {
  await createMine(database)
  await database.script(`create function mine_as_of(int) returns int language sql as 'select 42'`)
  await generate(database)
  assert.equal(await say(database), [])
  assert.equal(await database.query('select mine_as_of(1) as answer'), [{ answer: 42 }])
})

testOnEachDatabase(
  test,
  'asOfFunctions turned off leaves what is there, turned on again repairs it',
  async (database) => {
    const before = await prepare(database)
    const off = await look(database, mine, false)
    assert.equal([off.findings, off.migrations], [[], []])
    assert.equal(await namesAt(database, before), ['one'])

    await database.script(
      'create or replace function transaction_at(timestamptz) returns bigint language sql as $$ select 0::bigint $$',
    )
    assert.equal(await say(database, false), [], 'nobody looks after it')
    assert.equal(await namesAt(database, before), [])
    await generate(database)
    assert.equal(await namesAt(database, before), ['one'])
  },
)

const edits: readonly (readonly [what: string, sql: string])[] = [
  [
    'another body',
    `create or replace function mine_as_of(timestamptz) returns setof mine_version language sql stable parallel safe
       as 'select * from mine_version where false'`,
  ],
  ['sql volatile parallel safe security invoker', 'alter function mine_as_of(timestamptz) volatile'],
  ['sql stable strict parallel safe security invoker', 'alter function mine_as_of(timestamptz) strict'],
  ['sql stable parallel safe security definer', 'alter function mine_as_of(timestamptz) security definer'],
  [
    'sql stable parallel safe security invoker search_path=public',
    'alter function mine_as_of(timestamptz) set search_path to public',
  ],
]

testOnEachDatabase(
  test,
  'one that was edited by hand is out of date, and the migration repairs it',
  async (database) => {
    const before = await prepare(database)
    for (const [actual, sql] of edits) {
      await database.script(sql)
      assert.equal(await say(database), [
        ['function-outdated', 'public.mine_as_of(timestamptz)', actual, 'versiongen --table mine'],
      ])
      await generate(database)
      assert.equal(await say(database), [])
      assert.equal(await namesAt(database, before), ['one'])
    }
  },
)

testOnEachDatabase(test, 'one that is gone is made again', async (database) => {
  const before = await prepare(database)
  await database.script('drop function mine_as_of(timestamptz), transaction_at(timestamptz)')
  assert.equal(
    (await say(database)).map(([code, object]) => [code, object]),
    [
      ['function-outdated', 'public.transaction_at(timestamptz)'],
      ['function-outdated', 'public.mine_as_of(timestamptz)'],
    ],
  )
  await generate(database)
  assert.equal(await say(database), [])
  assert.equal(await namesAt(database, before), ['one'])
})

testOnEachDatabase(test, 'the one that tells whether a table fits its history is repaired alike', async (database) => {
  await prepare(database)
  const name = 'public.transaction_fits(text, text)'
  for (const [sql, actual] of [
    [
      `create or replace function transaction_fits(text, text) returns boolean language sql immutable parallel safe
        as 'select true'`,
      'another body',
    ],
    ['alter function transaction_fits(text, text) volatile', 'sql volatile parallel safe security invoker'],
    ['drop function transaction_fits(text, text)', undefined],
  ] as const) {
    await database.script(sql)
    assert.equal(await say(database), [['function-outdated', name, actual ?? null, 'versiongen --table mine']])
    await generate(database)
    assert.equal(await say(database), [])
  }
  await database.script(`update mine set name = 'three'`)
})

testOnEachDatabase(
  test,
  'it goes along with columns that are added, renamed, retyped and dropped',
  async (database) => {
    const before = await prepare(database)
    const changes: readonly (readonly [sql: string, then: object, now: object])[] = [
      ['add status text', { id: 1, name: 'one', status: null }, { id: 1, name: 'two', status: 'open' }],
      ['rename name to title', { id: 1, title: 'one', status: null }, { id: 1, title: 'two', status: 'open' }],
      ['alter id type bigint', { id: 1, title: 'one', status: null }, { id: 1, title: 'two', status: 'open' }],
      // What the table has no longer is among its columns still.
      ['drop title', { id: 1, title: 'one', status: null }, { id: 1, title: 'two', status: 'open' }],
    ]
    for (const [sql, then, now] of changes) {
      await database.script(`alter table mine ${sql}`)
      await generate(database)
      if (sql.startsWith('add')) await database.script(`update mine set status = 'open'`)
      assert.equal(await say(database), [], sql)
      const read = async (when: string): Promise<readonly object[]> =>
        (
          await database.query<{ row: object }>(
            `select to_jsonb(m) - '{transaction_id,end_transaction_id,operation_type}'::text[] as row from mine_as_of(${when}) m`,
          )
        ).map(({ row }) => row)
      assert.equal(await read(`'${before}'`), [then], sql)
      assert.equal(await read('clock_timestamp()'), [now], sql)
    }
  },
)

/** What a role gets from a query: rows, or why not. */
const ask = async (database: TestDatabase, sql: string): Promise<unknown> => {
  try {
    await database.script('set role as_of_reader')
    return await database.query(sql)
  } catch (error) {
    return (error as Error).message
  } finally {
    await database.script('reset role')
  }
}

const withReader = async (database: TestDatabase, work: () => Promise<void>): Promise<void> => {
  await database.script('create role as_of_reader')
  try {
    await work()
  } finally {
    await database.script('drop owned by as_of_reader; drop role as_of_reader')
  }
}

testOnEachDatabase(test, 'it gives to a role what that role may read itself', (database) =>
  withReader(database, async () => {
    await prepare(database)
    const read = 'select name from mine_as_of(clock_timestamp())'
    assert.is(await ask(database, read), 'permission denied for table mine_version', 'public')
    await database.script('grant select on mine_version to as_of_reader')
    assert.is(await ask(database, read), 'permission denied for table transaction')
    await database.script('grant select on transaction to as_of_reader')
    assert.equal(await ask(database, read), [{ name: 'two' }])

    await database.script(`alter table mine_version enable row level security;
      create policy old on mine_version for select to as_of_reader using (name = 'one')`)
    assert.equal(await ask(database, read), [], 'row security of the history holds')
  }),
)

testOnEachDatabase(test, 'readers of the table may call it without further ado', (database) =>
  withReader(database, async () => {
    await createMine(database)
    await database.script('grant select on mine to as_of_reader')
    await generate(database)
    await database.script(`insert into mine values (1, 'one')`)
    assert.equal(await ask(database, 'select name from mine_as_of(clock_timestamp())'), [{ name: 'one' }])
  }),
)

testOnEachDatabase(test, 'nobody may do more than execute it, and rights that were taken stay taken', (database) =>
  withReader(database, async () => {
    await prepare(database)
    const rights = async (): Promise<readonly string[]> =>
      (
        await database.query<{ right: string }>(
          `select p.proname || ' ' || case a.grantee when 0 then 'public' else a.grantee::regrole::text end || ' ' || a.privilege_type as right
             from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            where p.proname in ('mine_as_of', 'transaction_at') and a.grantee <> p.proowner order by 1`,
        )
      ).map(({ right }) => right)
    assert.equal(await rights(), ['mine_as_of public EXECUTE', 'transaction_at public EXECUTE'])
    await database.script(`revoke execute on function mine_as_of(timestamptz), transaction_at(timestamptz) from public;
      grant execute on function mine_as_of(timestamptz), transaction_at(timestamptz) to as_of_reader;
      alter function mine_as_of(timestamptz) volatile; alter function transaction_at(timestamptz) volatile`)
    await generate(database)
    assert.equal(await say(database), [])
    assert.equal(await rights(), ['mine_as_of as_of_reader EXECUTE', 'transaction_at as_of_reader EXECUTE'])
  }),
)

test.run()
