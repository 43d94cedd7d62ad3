import { readFileSync } from 'node:fs'
import { startServer } from '../../test/support/server.ts'
import type { Major, Server } from '../../test/support/server.ts'

/**
 * Settings that leave the time of the writes themselves: nothing waits for a disk (`fsync`, `synchronous_commit` and
 * `full_page_writes` off), so that no cost of recording hides behind one; no checkpoint and no autovacuum falls into a
 * measurement (the benchmark vacuums between measurements); all data fits into memory; no just-in-time compilation.
 */
const benchmarkSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  checkpoint_timeout: '1d',
  max_wal_size: '32GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '2GB',
  work_mem: '64MB',
  maintenance_work_mem: '512MB',
  max_connections: '100',
  jit: 'off',
}

export const startBenchmarkServer = (major: Major): Promise<Server> =>
  startServer(major, { settings: benchmarkSettings })

/**
 * The processor time a process has used so far, in milliseconds; undefined where the kernel does not say (elsewhere
 * than on Linux). Unlike wall time it hardly depends on what else the machine is doing.
 */
export const processorTime = (pid: number): number | undefined => {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return undefined
  }
}
