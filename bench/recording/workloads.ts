import { randomUUID } from 'node:crypto'
import type { Session, UpdateValues, Write } from './writes.ts'

/** What a measurement has to work with. */
export interface Material {
  /** Of rows that are there, in random order, never the same twice in one measurement. */
  readonly ids: readonly string[]
  /** A number that no other measurement has: makes every value new. */
  readonly serial: number
  /** 1: the full size. */
  readonly scale: number
  /** For COPY: a file on the server with new rows. */
  readonly file: string
}

export interface Workload {
  readonly name: string
  readonly what: string
  readonly clients: 1 | 2
  /** Whether rows are there afterwards that were not before. */
  readonly adds: boolean
  /** The transactions of one client. */
  transactions(material: Material): readonly (readonly Write[])[]
}

/** For rows with a long history: none of them grows much longer by being measured. */
export const updateEach: Workload = {
  name: 'update each',
  what: 'one-row UPDATE per transaction, every row once',
  clients: 2,
  adds: false,
  transactions: ({ ids, serial }) => ids.map((id, n) => [update(id, serial, n)]),
}

const values = (serial: number, n: number): UpdateValues => [
  `Inspected again in measurement ${serial}, no ${n}`,
  String((n % 1000) / 8),
  'inspector',
  '2024-05-06T07:08:09Z',
]

const update = (id: string, serial: number, n: number): Write => ({
  kind: 'update',
  id,
  values: values(serial, n),
})

const insert = (id: string, n: number, again: boolean): Write => ({
  kind: 'insert',
  again,
  row: [
    id,
    `N${n}`,
    `New mine number ${n} of the northern range`,
    'draft',
    `region ${n % 10}`,
    '49.123456',
    '-121.654321',
    false,
    '3.5',
    `Registered by mail (${n})`,
    `{"no": "N-${n}", "valid": false, "conditions": ["water"]}`,
    false,
    'clerk',
    '2024-05-06 07:08:09',
    'clerk',
    '2024-05-06T07:08:09Z',
  ],
})

const addedId = (): string => `ffff${randomUUID().slice(4)}`

/** `count` at full size, at least 1. */
const times = <T>(count: number, scale: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length: Math.max(1, Math.round(count * scale)) }, (_, n) => make(n))

const pick = (ids: readonly string[], n: number): string => {
  const id = ids[n % ids.length]
  if (id === undefined) throw new RangeError('no rows')
  return id
}

export const workloads: readonly Workload[] = [
  {
    name: 'W1',
    what: 'one-row UPDATE per transaction',
    clients: 2,
    adds: false,
    transactions: ({ ids, serial, scale }) => times(2000, scale, (n) => [update(pick(ids, n), serial, n)]),
  },
  {
    name: 'W2',
    what: 'one-row INSERT per transaction',
    clients: 2,
    adds: true,
    transactions: ({ scale }) => times(2000, scale, (n) => [insert(addedId(), n, false)]),
  },
  {
    name: 'W3',
    what: 'DELETE of a row, then INSERT of the same key, a transaction each',
    clients: 2,
    adds: false,
    transactions: ({ ids, scale }) =>
      times(1000, scale, (n): readonly (readonly Write[])[] => [
        [{ kind: 'delete', id: pick(ids, n) }],
        [insert(pick(ids, n), n, true)],
      ]).flat(),
  },
  {
    name: 'W4',
    what: 'UPDATE of a tenth of the table (20,000 rows) in one statement',
    clients: 1,
    adds: false,
    transactions: ({ serial }) => [
      [{ kind: 'update region', region: `region ${serial % 10}`, note: `Reviewed in measurement ${serial}` }],
    ],
  },
  {
    name: 'W5',
    what: 'INSERT … SELECT of 50,000 rows',
    clients: 1,
    adds: true,
    transactions: () => [[{ kind: 'insert select' }]],
  },
  {
    name: 'W6',
    what: 'COPY of 50,000 rows',
    clients: 1,
    adds: true,
    transactions: ({ file }) => [[{ kind: 'copy', file }]],
  },
  {
    name: 'W7',
    what: 'ten UPDATEs of ten rows in one transaction',
    clients: 2,
    adds: false,
    transactions: ({ ids, serial, scale }) =>
      times(200, scale, (n) => times(10, 1, (m) => update(pick(ids, n * 10 + m), serial, n * 10 + m))),
  },
  {
    name: 'W8',
    what: 'ten UPDATEs of the same row in one transaction',
    clients: 2,
    adds: false,
    transactions: ({ ids, serial, scale }) =>
      times(200, scale, (n) => times(10, 1, (m) => update(pick(ids, n), serial, n * 10 + m))),
  },
]

export const runTransactions = async (session: Session, transactions: readonly (readonly Write[])[]): Promise<void> => {
  for (const writes of transactions) await session.run(writes)
}
