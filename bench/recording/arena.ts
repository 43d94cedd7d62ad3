import { join } from 'node:path'
import pg from 'pg'
import { processorTime } from '../lib/server.ts'
import type { Server } from '../../test/support/server.ts'
import type { Design } from './designs.ts'
import { createMine, firstAddedId, rowsSql } from './mine.ts'
import { runTransactions } from './workloads.ts'
import type { Workload } from './workloads.ts'
import type { Session } from './writes.ts'

/** A design in a database of its own, with connections that stay open, as those of a pool do. */
export interface Arena {
  readonly design: Design
  readonly sessions: readonly [Session, Session]
  /** For what is not measured. */
  readonly keeper: pg.Client
  readonly processes: readonly number[]
  close(): Promise<void>
}

export interface Sample {
  /** Milliseconds from the first statement to the last answer. */
  readonly wall: number
  /** Milliseconds that the server's processes of the measured connections used; undefined where unknown. */
  readonly processor: number | undefined
}

/** A database with the filled table and as many new rows beside, to be copied for each design. */
export const createTemplate = async (server: Server, rows: number, newRows: number): Promise<string> => {
  const name = `mine_template_${rows}`
  const admin = await connect(server.url())
  await admin.query(`create database ${name}`)
  await admin.end()
  const client = await connect(server.url(name))
  const newId = `('ffff0000' || substr(md5('new' || n), 9))::uuid`
  await client.query(`${createMine}
    insert into mine ${rowsSql(rows)};
    create table mine_new as select * from mine limit 0;
    insert into mine_new ${rowsSql(newRows, newId)};
    copy mine_new to '${newRowsFile(server)}'`)
  await client.query('vacuum analyze')
  await client.end()
  return name
}

export const newRowsFile = (server: Server): string => join(server.dataDir, 'mine_new.copy')

export const openArena = async (server: Server, template: string, design: Design): Promise<Arena> => {
  const name = `arena_${design.name.replaceAll(/\W/g, '_')}_${counter++}`
  const admin = await connect(server.url())
  await admin.query(`create database ${name} template ${template}`)
  await admin.end()
  const url = server.url(name)
  const keeper = await connect(url)
  try {
    await design.setUp(keeper, url)
  } catch (error) {
    await keeper.end()
    throw new Error(`could not set up ${design.name}`, { cause: error })
  }
  await keeper.query('vacuum analyze')
  const clients = [await connect(url), await connect(url)] as const
  const processes: number[] = []
  for (const client of clients) {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    for (const { pid } of rows) processes.push(pid)
  }
  return {
    design,
    sessions: [design.session(clients[0]), design.session(clients[1])],
    keeper,
    processes,
    close: async () => {
      for (const client of [...clients, keeper]) await client.end()
    },
  }
}

let counter = 0

/** Measures a workload once, then puts everything back in order. */
export const measure = async (
  arena: Arena,
  workload: Workload,
  material: { readonly ids: readonly string[]; serial: number; scale: number; file: string },
): Promise<Sample> => {
  const perClient = Math.ceil(material.ids.length / workload.clients)
  const sessions = arena.sessions.slice(0, workload.clients)
  const prepared = sessions.map((_, index) =>
    workload.transactions({ ...material, ids: material.ids.slice(index * perClient, (index + 1) * perClient) }),
  )
  const before = usedSoFar(arena)
  const started = performance.now()
  await Promise.all(sessions.map((session, index) => runTransactions(session, prepared[index] ?? [])))
  const wall = performance.now() - started
  const after = usedSoFar(arena)
  if (workload.adds) await removeAdded(arena)
  await arena.keeper.query('vacuum analyze')
  return { wall, processor: before === undefined || after === undefined ? undefined : after - before }
}

/** Summed over both connections; the server counts a moment after it has answered, which is the same for all. */
const usedSoFar = (arena: Arena): number | undefined => {
  let sum = 0
  for (const pid of arena.processes) {
    const used = processorTime(pid)
    if (used === undefined) return undefined
    sum += used
  }
  return sum
}

const removeAdded = async ({ keeper, design }: Arena): Promise<void> => {
  await keeper.query('set session_replication_role = replica')
  await keeper.query(`delete from mine where id >= '${firstAddedId}'`)
  for (const statement of design.forget) await keeper.query(statement)
  await keeper.query('reset session_replication_role')
}

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
