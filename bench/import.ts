/**
 * What `import 'versiongen/history'` costs an application that starts, over importing an empty module. Each run is a
 * process of its own; runs alternate. Needs `dist`, as published.
 *
 *     npm run bench:import -- [runs]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { spreadOf } from './lib/statistics.ts'

const limit = 10

const runs = Number(process.argv[2] ?? 41)

interface Measured {
  readonly ms: number
  /** Of all threads, user and system: steadier than `ms` on a machine that does other things. */
  readonly cpu: number
}

const script = `const before = process.cpuUsage(), start = performance.now()
await import(process.argv[2])
const ms = performance.now() - start
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ ms, cpu: (user + system) / 1000 }))
`

const measure = (file: string, module: string): Measured => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [file, module], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const history = fileURLToPath(new URL('../dist/src/history/mod.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'versiongen-import-'))
try {
  const file = join(folder, 'measure.mjs')
  const empty = join(folder, 'empty.mjs')
  writeFileSync(file, script)
  writeFileSync(empty, 'export {}\n')

  const subjects = [empty, history].map((module) => ({ url: pathToFileURL(module).href, samples: [] as Measured[] }))
  for (let run = -1; run < runs; run++) {
    for (const { url, samples } of subjects) {
      const measured = measure(file, url)
      if (run >= 0) samples.push(measured) // the first reads the files from the disk
    }
  }
  const figures = subjects.map(({ samples }) => {
    const wall = spreadOf(samples.map(({ ms }) => ms))
    return [wall.median, wall.min, spreadOf(samples.map(({ cpu }) => cpu)).median]
  })
  const [baseline = [], subject = []] = figures
  const difference = subject.map((figure, i) => figure - (baseline[i] ?? Number.NaN))
  const row = (name: string, values: readonly number[]): string =>
    `| ${name.padEnd(19)} | ${values.map((value) => value.toFixed(1).padStart(9)).join(' | ')} |`
  console.log(`Node ${process.version}, ${runs} processes each, ${Math.round(statSync(history).size / 1024)} kB

| import, ms          |    median |   fastest | processor |
| ------------------- | --------: | --------: | --------: |
${row('an empty module', baseline)}
${row('versiongen/history', subject)}
${row('difference', difference)}`)
  if (!((difference[2] ?? Number.NaN) < limit)) {
    console.error(`\nmore than ${limit} ms of processor time`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
