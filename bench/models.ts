/**
 * How long `readModels` takes on a project of many files of which few are models, next to what it cannot do without:
 * importing ts-morph and making an empty project. Each run is a process of its own; runs alternate; medians are compared.
 *
 *     node --import tsx bench/models.ts [files] [models] [runs]
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const [fileCount = 2000, modelCount = 20, runs = 9] = process.argv.slice(2).map(Number)

const property = (index: number): string => `  @Column({ name: 'column_${index}' }) property${index}!: string | null\n`
const properties = Array.from({ length: 16 }, (_, index) => property(index)).join('')
const classText = (index: number, mark: string): string =>
  `import { Column, Entity } from 'typeorm'\n\n@Entity({ name: 'table_${index}', schema: 'app' })\nexport class Table${index} {\n${mark}${properties}}\n`

const writeProject = (root: string): void => {
  for (let index = 0; index < fileCount; index++) {
    const folder = join(root, 'src', `part${index % 40}`)
    mkdirSync(folder, { recursive: true })
    const mark = index < modelCount ? "  static __versioned__ = { exclude: ['geom'] }\n" : ''
    writeFileSync(join(folder, `table-${index}.ts`), classText(index, mark))
  }
}

const empty = `const { Project } = await import('ts-morph')
new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true })`

const reading = (root: string): string => `const { readModels } = await import('./src/models/read.ts')
const { defaultPatterns } = await import('./src/models/discover.ts')
const { models } = await readModels({ root: ${JSON.stringify(root)}, patterns: defaultPatterns })
if (models.length !== ${modelCount}) throw new Error('read ' + models.length + ' models')`

interface Measured {
  readonly ms: number
  /** Of all threads, user and system: steadier than `ms` on a machine that does other things. */
  readonly cpu: number
  readonly megabytes: number
}

const measure = (code: string): Measured => {
  const timed = `const start = performance.now(), before = process.cpuUsage()
${code}
const { user, system } = process.cpuUsage(before)
const ms = performance.now() - start
console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 }))`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', timed],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const root = mkdtempSync(join(tmpdir(), 'versiongen-bench-'))
try {
  writeProject(root)
  const results = Array.from({ length: runs }, () => ({ base: measure(empty), read: measure(reading(root)) }))
  const of = (side: 'base' | 'read', what: keyof Measured): number =>
    median(results.map((result) => result[side][what]))
  const line = (title: string, side: 'base' | 'read'): string =>
    `${title.padEnd(34)}${of(side, 'ms').toFixed(0)} ms, cpu ${of(side, 'cpu').toFixed(0)} ms, ${of(side, 'megabytes').toFixed(0)} MB`
  const ratio = (what: keyof Measured): string => (of('read', what) / of('base', what)).toFixed(2)
  console.log(line('ts-morph and an empty project', 'base'))
  console.log(line(`${modelCount} models of ${fileCount} files`, 'read'))
  console.log(`${'ratio'.padEnd(34)}${ratio('ms')}, cpu ${ratio('cpu')}`)
} finally {
  rmSync(root, { recursive: true })
}
