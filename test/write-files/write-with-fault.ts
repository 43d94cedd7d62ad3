/**
 * Writes the files that a folder's `plan.json` lists, and dies of SIGKILL, or meets a full disk, just before or after the
 * n-th call that changes the file system: `node --import tsx write-with-fault.ts FOLDER kill|full n`. Exits with 3 when
 * there are fewer calls.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import type { WrittenFile } from '../../src/results.ts'

const [folder = '', fault, at] = process.argv.slice(2)
let calls = 0

const meet = (): void => {
  if (++calls !== Number(at)) return
  if (fault === 'kill') process.kill(process.pid, 'SIGKILL')
  throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
}

/** A write that is cut short leaves half of the text. */
const { writeFileSync } = fs
const changing = ['mkdirSync', 'linkSync', 'renameSync', 'rmSync'] as const
const patched: Record<string, unknown> = fs as unknown as Record<string, unknown>
for (const name of changing) {
  const original = fs[name] as (...args: unknown[]) => unknown
  patched[name] = (...args: unknown[]) => {
    meet()
    const result = original(...args)
    if (fault === 'kill') meet()
    return result
  }
}
patched['writeFileSync'] = (file: string, content: string, options: fs.WriteFileOptions) => {
  meet()
  if (calls + 1 === Number(at) && typeof content === 'string')
    writeFileSync(file, content.slice(0, content.length / 2), options)
  meet()
  writeFileSync(file, content, options)
}
syncBuiltinESMExports()

const { writeFiles } = await import('../../src/write-files.ts')
const files = JSON.parse(fs.readFileSync(join(folder, 'plan.json'), 'utf8')) as readonly WrittenFile[]
writeFiles(files.map((file) => ({ ...file, path: join(folder, file.path) })))
process.exitCode = 3
