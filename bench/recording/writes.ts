import type pg from 'pg'
import { columns } from './mine.ts'

/** One write of the application, whatever records it. */
export type Write =
  | { readonly kind: 'update'; readonly id: string; readonly values: UpdateValues }
  /** `again`: the key has a history, because the row was deleted before. */
  | { readonly kind: 'insert'; readonly row: readonly unknown[]; readonly again: boolean }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'update region'; readonly region: string; readonly note: string }
  | { readonly kind: 'insert select' }
  | { readonly kind: 'copy'; readonly file: string }

export type UpdateValues = readonly [note: string, grade: string, user: string, timestamp: string]

/** A connection that does the application's writes in its design's way. */
export interface Session {
  readonly client: pg.Client
  /** One transaction, committed. */
  run(writes: readonly Write[]): Promise<void>
}

/** A prepared statement. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export const setUpdate = 'set note = $2, ore_grade = $3, update_user = $4, update_timestamp = $5'
export const setRegion = `set note = $2, update_user = 'inspector', update_timestamp = now()`
const places = columns.map((_, index) => `$${index + 1}`).join(', ')
export const insertRow: string = `insert into mine values (${places})`

const plain: Readonly<Record<Exclude<Write['kind'], 'copy'>, Statement>> = {
  update: { name: 'update', text: `update mine ${setUpdate} where id = $1` },
  insert: { name: 'insert', text: insertRow },
  delete: { name: 'delete', text: 'delete from mine where id = $1' },
  'update region': { name: 'update_region', text: `update mine ${setRegion} where region = $1` },
  'insert select': { name: 'insert_select', text: 'insert into mine select * from mine_new' },
}

/** The write, and nothing else: for designs whose triggers do the rest. */
export const writePlainly = async (client: pg.Client, write: Write): Promise<void> => {
  if (write.kind === 'copy') await client.query(`copy mine from '${write.file}'`)
  else await client.query({ ...plain[write.kind], values: parametersOf(write) })
}

export const parametersOf = (write: Write): unknown[] => {
  switch (write.kind) {
    case 'update':
      return [write.id, ...write.values]
    case 'insert':
      return [...write.row]
    case 'delete':
      return [write.id]
    case 'update region':
      return [write.region, write.note]
    case 'insert select':
    case 'copy':
      return []
  }
}

/** One write is a transaction of its own, in one round trip; several are framed by BEGIN and COMMIT. */
export const plainSession = (client: pg.Client): Session => ({
  client,
  run: async (writes) => {
    const [only, ...others] = writes
    if (only !== undefined && others.length === 0) return writePlainly(client, only)
    await client.query('begin')
    for (const write of writes) await writePlainly(client, write)
    await client.query('commit')
  },
})
