#!/usr/bin/env node
import process from 'node:process'
import { createContext } from './process-context.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), createContext(process))
