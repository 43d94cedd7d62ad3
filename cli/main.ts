#!/usr/bin/env node
import process from 'node:process'
import { VERSION } from '../src/version.ts'

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === '--version') process.stdout.write(`${VERSION}\n`)
else {
  const { createContext } = await import('./process-context.ts')
  const { run } = await import('./run.ts')
  process.exitCode = await run(args, createContext(process))
}
