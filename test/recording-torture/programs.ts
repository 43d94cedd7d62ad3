import fc from 'fast-check'
import type { Step, Transaction } from './oracle.ts'

export interface Setting {
  readonly major: number
  /** The keys that rows can have. */
  readonly keys: readonly number[]
}

/** Few keys and few values, so that rows meet again and values come back. */
const statement = ({ major, keys }: Setting): fc.Arbitrary<string> => {
  const key = fc.constantFrom(...keys)
  const otherKey = fc.constantFrom(...keys)
  const code = fc.constantFrom(`'a'`, `'b'`, 'null')
  const size = fc.constantFrom('1', '1.0', 'null')
  const note = fc.constantFrom(`'{}'`, `'{ }'`, 'null')
  const site = fc.tuple(key, code, size, note).map(([id, ...rest]) => `(${[id, ...rest, 0].join(', ')})`)
  const sites = fc.array(site, { minLength: 1, maxLength: 3 }).map((rows) => rows.join(', '))
  const no = fc.constantFrom(1, 2)
  const where = fc.oneof(
    { weight: 3, arbitrary: key.map((id) => `where id = ${id}`) },
    { weight: 1, arbitrary: key.map((id) => `where id > ${id}`) },
    { weight: 1, arbitrary: fc.constant('') },
  )

  const siteStatements: readonly fc.Arbitrary<string>[] = [
    sites.map((rows) => `insert into site values ${rows} on conflict do nothing`),
    site.map((row) => `insert into site values ${row}`),
    site.map(
      (row) => `insert into site values ${row}
      on conflict (id) do update set code = excluded.code, size = excluded.size, note = excluded.note`,
    ),
    fc.tuple(code, where).map(([value, rows]) => `update site set code = ${value} ${rows}`),
    fc.tuple(size, where).map(([value, rows]) => `update site set size = ${value} ${rows}`),
    fc.tuple(note, where).map(([value, rows]) => `update site set note = ${value} ${rows}`),
    where.map((rows) => `update site set code = code ${rows}`),
    where.map((rows) => `update site set seen = seen + 1 ${rows}`),
    fc.tuple(key, otherKey).map(([from, to]) => `update site set id = ${to} where id = ${from}`),
    fc.tuple(key, otherKey, code).map(([from, to, c]) => `update site set id = ${to}, code = ${c} where id = ${from}`),
    where.map((rows) => `update site set id = -id ${rows}`),
    where.map((rows) => `delete from site ${rows}`),
    fc.tuple(where, code).map(
      ([rows, value]) => `with gone as (delete from site ${rows} returning *)
      insert into site select id, ${value}, size, note, seen from gone`,
    ),
    where.map((rows) => `with gone as (delete from site ${rows} returning *) insert into site select * from gone`),
    fc.tuple(key, otherKey, site).map(
      ([updated, deleted, row]) => `with u as (update site set code = 'u' where id = ${updated}),
        d as (delete from site where id = ${deleted} and id <> ${updated})
      insert into site values ${row} on conflict do nothing`,
    ),
    fc.constant('truncate site cascade'),
  ]

  const mergeStatement = fc.tuple(key, code).map(
    ([id, value]) => `merge into site using (values (${id}, ${value}), (3, 'm')) as s (id, code) on site.id = s.id
    when matched and site.code = 'a' then delete
    when matched then update set code = s.code
    when not matched then insert values (s.id, s.code, null, null, 0)`,
  )

  const permitStatements: readonly fc.Arbitrary<string>[] = [
    fc.tuple(key, no, code).map(
      ([id, number, status]) => `insert into permit select id, ${number}, ${status} from site where id >= ${id}
      on conflict do nothing`,
    ),
    fc.tuple(no, code).map(([number, status]) => `update permit set status = ${status} where no = ${number}`),
    fc.tuple(key, no).map(([id, number]) => `update permit set no = 3 - no where site_id = ${id} and no = ${number}`),
    fc.tuple(key, otherKey).map(([from, to]) => `update permit set site_id = ${to} where site_id = ${from}`),
    no.map((number) => `delete from permit where no = ${number}`),
    fc.constant('truncate permit'),
  ]

  const visitStatements: readonly fc.Arbitrary<string>[] = [
    fc.tuple(key, otherKey).map(
      ([id, at]) => `insert into visit values (${id}, (select id from site where id = ${at}), 'v')
      on conflict (id) do update set site_id = excluded.site_id`,
    ),
    fc.tuple(where, code).map(([rows, label]) => `update visit set label = ${label} ${rows}`),
    where.map((rows) => `delete from visit ${rows}`),
  ]

  const tagStatements: readonly fc.Arbitrary<string>[] = [
    fc.constant(`insert into tag values (1, 'a'), (2, 'b'), (3, 'c')`),
    fc
      .tuple(key, code)
      .map(([id, label]) => `insert into tag select ${id}, ${label} where ${id} not in (select id from tag)`),
    fc.constant('update tag set id = id % 3 + 1 where id > 0'),
    fc.constant('update tag set id = 3 - id where id in (1, 2)'),
    fc.constant(`update tag set id = 3 - id, label = label || '+' where id in (1, 2)`),
    fc.constant('update tag set label = null where id = 1'),
    where.map((rows) => `delete from tag ${rows}`),
  ]

  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...siteStatements, ...(major >= 15 ? [mergeStatement] : [])) },
    { weight: 2, arbitrary: fc.oneof(...permitStatements) },
    { weight: 1, arbitrary: fc.oneof(...visitStatements) },
    { weight: 2, arbitrary: fc.oneof(...tagStatements) },
  )
}

const steps = (setting: Setting, depth: number): fc.Arbitrary<readonly Step[]> => {
  if (depth === 0) return fc.array(statement(setting), { minLength: 1, maxLength: 3 })
  const block = fc.record({
    savepoint: fc.constantFrom('release' as const, 'rollback' as const),
    steps: steps(setting, depth - 1),
  })
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: statement(setting) },
    { weight: 1, arbitrary: block },
  )
  return fc.array(step, { minLength: 1, maxLength: 5 })
}

const transaction = (setting: Setting): fc.Arbitrary<Transaction> =>
  fc.record({
    end: fc.constantFrom('commit' as const, 'commit' as const, 'commit' as const, 'rollback' as const),
    guarded: fc.boolean(),
    steps: steps(setting, 2),
  })

/** Random programs of a few transactions each. */
export const programs = (setting: Setting): fc.Arbitrary<readonly Transaction[]> =>
  fc.array(transaction(setting), { minLength: 1, maxLength: 6 })

/** As many random transactions; the same for the same seed. */
export const sampleTransactions = (setting: Setting, seed: number, count: number): readonly Transaction[] =>
  fc.sample(transaction(setting), { seed, numRuns: count })
