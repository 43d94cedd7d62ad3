/** Gets the signal of its first argument in the middle of synchronous work, and waits for what comes of it. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createContext } from '../../cli/process-context.ts'

const context = createContext(process)
writeSync(1, 'begin ')
process.kill(process.pid, process.argv[2])
const started = performance.now()
while (performance.now() - started < 200);
writeSync(1, 'end ')
await sleep(500)
writeSync(1, context.interrupted() ? 'later ' : 'not told ')
