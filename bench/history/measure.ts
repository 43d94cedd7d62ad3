import process from 'node:process'
import { processorTime } from '../lib/server.ts'
import { shuffle } from '../lib/statistics.ts'

/** One way to read the same thing. */
export interface Contender {
  readonly name: string
  /** Reads once; a different `n` each time. */
  read(n: number): Promise<unknown>
}

/** Milliseconds for one reading. */
export interface Sample {
  readonly wall: number
  /** Of the client and the server's connection together; undefined where the kernel does not say. */
  readonly processor: number | undefined
}

/**
 * Every contender reads `repeat` times in each round, in an order drawn anew, so that whatever else the machine does falls
 * on all alike. Round 0, ten times as long, is not counted: it lets both sides warm up.
 *
 * @param pid of the server's process behind the connection that all of them use
 */
export const measure = async (
  contenders: readonly Contender[],
  { rounds, repeat, pid }: { readonly rounds: number; readonly repeat: number; readonly pid: number },
): Promise<ReadonlyMap<string, readonly Sample[]>> => {
  const results = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, read } of shuffle(contenders, Math.random)) {
      const start = performance.now()
      const processor = usedBy(pid)
      const readings = round === 0 ? 10 * repeat : repeat
      for (let i = 0; i < readings; i++) await read(round * repeat + i)
      const wall = (performance.now() - start) / readings
      const used = processor === undefined ? undefined : (Number(usedBy(pid)) - processor) / readings
      if (round > 0) results.get(name)?.push({ wall, processor: used })
    }
  }
  return results
}

const usedBy = (pid: number): number | undefined => {
  const server = processorTime(pid)
  if (server === undefined) return undefined
  const { user, system } = process.cpuUsage()
  return server + (user + system) / 1000
}
