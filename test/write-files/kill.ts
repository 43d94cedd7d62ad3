/**
 * Kills `versiongen --all` on twenty models at random moments, and looks at what it leaves:
 * `node --import tsx test/write-files/kill.ts [--times 40] [--seed 1]`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { withTemporaryFolder } from '../support/temporary.ts'

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { times: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } },
  })
  let state = Number(values.seed)
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647
  await withTemporaryFolder(async (folder) => {
    const root = join(folder, 'project')
    makeProject(root)
    const empty = filesIn(root)
    await run(root)
    restore(root, empty)
    const start = performance.now()
    await run(root)
    const time = performance.now() - start
    const all = filesIn(root)
    const complete = JSON.stringify([...all])
    process.stdout.write(`${all.size - empty.size} files in ${(time / 1000).toFixed(1)} s\n`)
    const left = new Map<string, number>()
    for (let round = 0; round < Number(values.times); round++) {
      restore(root, empty)
      const signal = (['SIGKILL', 'SIGINT', 'SIGTERM'] as const)[round % 3] ?? 'SIGKILL'
      // At any moment, or at the first sign that files are written.
      const wait = round % 2 === 0 ? time * random() : 'writing'
      const ended = await run(root, { signal, wait })
      const names = [...filesIn(root).keys()].filter((name) => !empty.has(name))
      const kind = names.length === 0 ? 'nothing' : names.length === all.size - empty.size ? 'everything' : 'a part'
      left.set(`${signal} ${kind}`, (left.get(`${signal} ${kind}`) ?? 0) + 1)
      const text = [...filesIn(root)].filter(([name]) => !name.endsWith('.tmp'))
      for (const [name, content] of text) {
        if (all.get(name) !== content) throw new Error(`${signal} after ${wait} (${ended}): ${name} is not whole`)
      }
      await run(root)
      if (JSON.stringify([...filesIn(root)]) !== complete)
        throw new Error(`${signal} after ${wait}: the next run differs`)
    }
    for (const [what, times] of [...left].sort()) process.stdout.write(`${what}: ${times}\n`)
  })
}

const makeProject = (root: string): void => {
  mkdirSync(join(root, 'sql'), { recursive: true })
  mkdirSync(join(root, 'models'))
  const tables = Array.from({ length: 20 }, (_, index) => `mine_${index + 1}`)
  const sql = tables.map(
    (name) => `create table ${name} (id serial primary key, mine_no text, mine_name varchar(60));\n`,
  )
  writeFileSync(join(root, 'sql/V1__mines.sql'), sql.join(''))
  const models = tables.map(
    (name) => `export class ${name} { static __versioned__ = { table: '${name}' }; id!: number }\n`,
  )
  writeFileSync(join(root, 'models/mines.ts'), models.join(''))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n')
}

const run = async (
  root: string,
  stop?: { readonly signal: NodeJS.Signals; readonly wait: number | 'writing' },
): Promise<string> => {
  const tsx = import.meta.resolve('tsx')
  const cli = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', tsx, cli, '--all', '--shadow'], { cwd: root, stdio: 'ignore' })
  const exit = once(child, 'exit')
  if (stop !== undefined) {
    const watcher = watch(join(root, 'sql'))
    const moment = stop.wait === 'writing' ? once(watcher, 'change') : sleep(stop.wait)
    await Promise.race([moment, exit])
    child.kill(stop.signal)
    watcher.close()
  }
  const [code, signal] = (await exit) as [number | null, string | null]
  if (stop === undefined && code !== 0) throw new Error(`versiongen ended with ${signal ?? code}`)
  return signal ?? String(code)
}

/** Hidden files, too; what is cached is no part of the project. */
const filesIn = (root: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(root.length + 1), readFileSync(file, 'utf8')]),
  )

const restore = (root: string, files: ReadonlyMap<string, string>): void => {
  for (const name of filesIn(root).keys()) if (!files.has(name)) rmSync(join(root, name))
  rmSync(join(root, 'src'), { recursive: true, force: true })
}

await main()
