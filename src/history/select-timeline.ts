import { groupBy } from './group-by.ts'
import type { Moment } from './moment.ts'
import type { Statement } from './select.ts'
import { createParameters, type Parameters } from './sql.ts'
import { selectedLength, type Table, transactionTexts } from './table.ts'
import { lookUpMoment } from './transaction-at.ts'

/** Some changes of several tables. */
export interface TimelineFilter {
  /** Exclusive. */
  readonly since: Moment | undefined
  /** Inclusive. */
  readonly until: Moment | undefined
  readonly userId: string | undefined
  readonly limit: string | undefined
  readonly after: TimelinePlace | undefined
}

/** A change, by the number of its table. */
export interface TimelinePlace {
  readonly table: number
  readonly id: string
  readonly key: readonly string[]
}

/** Newest first. */
export const selectTimeline = (tables: readonly Table[], filter: TimelineFilter): Statement => {
  const parameters = createParameters()
  const groups = groupByTransactions(tables)
  const apart = groups.length > 1
  const bounds = groups.map(([table], g) => {
    const bound = (name: string, moment: Moment | undefined) =>
      moment && table && lookUpMoment(table, moment, parameters, `${name}${g}`)
    return { since: bound('since', filter.since), until: bound('until', filter.until) }
  })
  const moments = bounds.flatMap(({ since, until }) => [since, until]).flatMap((moment) => moment?.cte ?? [])
  const limit = filter.limit === undefined ? '' : ` limit ${parameters.add(filter.limit)}::bigint`
  const place = filter.after && placeOf(tables, groups, filter.after, parameters)

  const branches = tables.map((table, n) => {
    const g = groups.findIndex((group) => group.includes(table))
    const v = `v.${table.transactionId}`
    const { since, until } = bounds[g] ?? {}
    const conditions = [
      ...(since ? [since.mayFollow(v), since.follows(v)] : []),
      ...(until ? [until.belongs(v)] : []),
      ...(filter.userId === undefined ? [] : [isBy(table, filter.userId, parameters)]),
      ...(place ? [comesAfter(table, { g, n }, place, apart)] : []),
    ]
    const order = [...(apart ? [`${table.issuedAt} desc`] : []), `${v} desc`, ...keyOf(table)].join(', ')
    const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
    const from = apart ? table.joined : `${table.versions} as v`
    return selectBranch(table, {
      from: `(select v.* from ${from}${where} order by ${order}${limit})`,
      sort: [
        apart ? table.issuedAt : 'null::timestamptz',
        String(g),
        `${v}::bigint`,
        String(n),
        `row_number() over (order by ${order})`,
      ],
      width: widthOf(tables),
    })
  })
  const withMoments = moments.length === 0 ? '' : `with ${moments.join(', ')} `
  return [
    `${withMoments}${unite(branches, widthOf(tables))} order by u.at desc, u.g, u.tx desc, u.n, u.o${limit}`,
    parameters.values,
  ]
}

/** One transaction: its own row, numbered -1 (id, time, user, address), and after it what it did, table by table. */
export const selectTransactionTimeline = (tables: readonly Table[], id: string): Statement => {
  const parameters = createParameters()
  const given = `${parameters.add(id)}::bigint`
  const width = widthOf(tables)
  const branches = tables.map((table, n) =>
    selectBranch(table, {
      from: `(select v.* from ${table.versions} as v where v.${table.transactionId} = ${given})`,
      sort: ['null::timestamptz', '0', '0', String(n), `row_number() over (order by ${keyOf(table).join(', ')})`],
      width,
    }),
  )
  const [any] = tables
  if (any) {
    const own = ['t."id"::text', ...transactionTexts(any.descriptor, any.dated)]
    branches.unshift(
      `select null::timestamptz, 0, 0, -1, 0, ${pad(own, width)} from ${any.transactions} as t where t."id" = ${given}`,
    )
  }
  return [`${unite(branches, width)} order by u.n, u.o`, parameters.values]
}

/** A change, and after it the operation and the columns of the version before. */
const selectedChange = (table: Table): readonly string[] => [
  table.selected,
  `p.${table.operation}::text`,
  table.texts('p'),
]

const lengthOf = (table: Table): number => selectedLength(table) + 1 + table.columns.length

const widthOf = (tables: readonly Table[]): number => Math.max(4, ...tables.map(lengthOf))

interface Branch {
  readonly from: string
  readonly sort: readonly string[]
  readonly width: number
}

const selectBranch = (table: Table, { from, sort, width }: Branch): string => {
  const v = `v.${table.transactionId}`
  const earlier = [...table.key.map(({ quoted }) => `p.${quoted} = v.${quoted}`), `p.${table.transactionId} < ${v}`]
  const before = `select * from ${table.versions} as p where ${earlier.join(' and ')} order by p.${table.transactionId} desc limit 1`
  const columns = [...selectedChange(table), ...nulls(width - lengthOf(table))]
  return (
    `select ${[...sort, ...columns].join(', ')} from ${from} as v ` +
    `left join ${table.transactions} as t on t."id" = ${v} left join lateral (${before}) as p on true`
  )
}

const unite = (branches: readonly string[], width: number): string => {
  const columns = Array.from({ length: width }, (_, i) => `c${i}`).join(', ')
  return `select n::text, ${columns} from (${branches.join(' union all ')}) as u (at, g, tx, n, o, ${columns})`
}

const pad = (columns: readonly string[], width: number): string =>
  [...columns, ...nulls(width - columns.length)].join(', ')

const nulls = (count: number): readonly string[] => Array.from({ length: count }, () => 'null::text')

const keyOf = (table: Table): readonly string[] => table.key.map(({ quoted }) => `v.${quoted}`)

/** Tables that share a transaction table, in the order of the first of them. */
const groupByTransactions = (tables: readonly Table[]): readonly (readonly Table[])[] => [
  ...groupBy(tables, ({ transactions }) => transactions).values(),
]

const isBy = (table: Table, userId: string, parameters: Parameters): string => {
  if (!table.descriptor.transactionTable.userId) throw new TypeError(`${table.transactions} keeps no users`)
  const theirs = `select t."id" from ${table.transactions} as t where t."user_id"::text = ${parameters.add(userId)}`
  return `v.${table.transactionId} in (${theirs})`
}

interface Place extends TimelinePlace {
  readonly g: number
  /** Of the change, as SQL. */
  readonly at: string
  readonly given: string
  readonly values: string
}

const placeOf = (
  tables: readonly Table[],
  groups: readonly (readonly Table[])[],
  place: TimelinePlace,
  parameters: Parameters,
): Place => {
  const table = tables[place.table]
  if (!table) throw new RangeError('a place in no table')
  const given = `${parameters.add(place.id)}::bigint`
  return {
    ...place,
    given,
    g: groups.findIndex((group) => group.includes(table)),
    at: `coalesce((select ${table.dated ?? 'null::timestamptz'} from ${table.transactions} as t where t."id" = ${given}), '-infinity')`,
    values: table.key.map(({ cast }, i) => `${parameters.add(place.key[i] ?? '')}::${cast ?? 'text'}`).join(', '),
  }
}

/** In the order of: time, if there are several transaction tables, newest first; these; ids, greatest first; tables; keys. */
const comesAfter = (
  table: Table,
  { g, n }: { readonly g: number; readonly n: number },
  place: Place,
  apart: boolean,
) => {
  const v = `v.${table.transactionId}`
  const inTransaction =
    n > place.table ? 'true' : n < place.table ? 'false' : `(${keyOf(table).join(', ')}) > (${place.values})`
  const inGroup = `(${v} < ${place.given} or (${v} = ${place.given} and ${inTransaction}))`
  if (!apart) return inGroup
  const atOnce = g > place.g ? 'true' : g < place.g ? 'false' : inGroup
  return `(${table.issuedAt} < ${place.at} or (${table.issuedAt} = ${place.at} and ${atOnce}))`
}
