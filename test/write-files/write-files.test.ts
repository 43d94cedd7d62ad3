import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import type { WrittenFile } from '../../src/results.ts'
import { removeUnfinished } from '../../src/unfinished.ts'
import { writeFiles } from '../../src/write-files.ts'
import { isDeno } from '../cli/child.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const there: Readonly<Record<string, string>> = {
  'sql/V1__a.sql': 'create table a ();\n',
  'src/history/index.ts': 'old index\n',
}

const planned: readonly WrittenFile[] = [
  { kind: 'migration', path: 'sql/V2__create.sql', content: 'create\n', replaces: false },
  { kind: 'migration', path: 'sql/V3__backfill.sql', content: 'backfill\n', replaces: false },
  { kind: 'accessor', path: 'src/history/deep/mine.ts', content: 'mine\n', replaces: false },
  { kind: 'index', path: 'src/history/index.ts', content: 'new index\n', replaces: true },
]

const complete: Readonly<Record<string, string>> = {
  ...there,
  ...Object.fromEntries(planned.map(({ path, content }) => [path, content])),
}

/** Only the migrations and the new accessor are in place: the index is written again by whoever runs it again. */
const allButIndex: Readonly<Record<string, string>> = { ...complete, 'src/history/index.ts': 'old index\n' }

const fill = (root: string): void => {
  for (const [path, content] of Object.entries(there)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

/** All files, hidden ones included. */
const read = (root: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'plan.json')
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(root.length + 1), readFileSync(file, 'utf8')])
      .sort(),
  )

const sorted = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(files).sort())

const runWithFault = async (root: string, fault: 'kill' | 'full', at: number): Promise<string> => {
  writeFileSync(join(root, 'plan.json'), JSON.stringify(planned))
  const script = fileURLToPath(new URL('write-with-fault.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, root, fault, String(at)], { stdio: 'ignore' })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal ?? String(code)
}

/** Each point in a process of its own, a few at a time. */
const atEachPoint = async (fault: 'kill' | 'full', look: (root: string, at: number) => void): Promise<number> => {
  let at = 0
  let last = Number.POSITIVE_INFINITY
  const work = async (): Promise<void> => {
    while (at < last) {
      const point = ++at
      await withTemporaryFolder(async (root) => {
        fill(root)
        const ended = await runWithFault(root, fault, point)
        if (ended === '3') last = Math.min(last, point)
        else {
          assert.is(ended, fault === 'kill' ? 'SIGKILL' : '1', `point ${point}`)
          look(root, point)
        }
      })
    }
  }
  await Promise.all([work(), work(), work()])
  return last - 1
}

test('killed at any point, a run leaves files that are whole, and the next one takes them back or has them all', async () => {
  if (isDeno) return
  const left: string[] = []
  const points = await atEachPoint('kill', (root, at) => {
    const allowed = new Map([...Object.entries(complete), ...Object.entries(there)])
    for (const [path, content] of Object.entries(read(root))) {
      if (path.endsWith('.tmp')) continue
      assert.ok([allowed.get(path), complete[path]].includes(content), `point ${at}: ${path} holds ${content}`)
    }
    removeUnfinished([join(root, 'sql'), join(root, 'src/history'), join(root, 'nowhere')])
    const after = JSON.stringify(read(root))
    const states = { nothing: there, 'all but the index': allButIndex, all: complete }
    const state = Object.entries(states).find(([, files]) => JSON.stringify(sorted(files)) === after)?.[0]
    assert.ok(state, `point ${at} leaves ${after}`)
    left[at] = state ?? ''
    assert.is(removeUnfinished([join(root, 'sql'), join(root, 'src/history')]), false, 'once')
  })
  assert.ok(points > 20, `${points} points`)
  const order = left.filter((state) => state !== undefined)
  assert.equal([...new Set(order)], ['nothing', 'all but the index', 'all'], order.join(', '))
})

test('a disk that fills up at any point leaves all as it was', async () => {
  if (isDeno) return
  const points = await atEachPoint('full', (root, at) => {
    assert.equal(read(root), sorted(there), `point ${at}`)
    assert.equal(readdirSync(join(root, 'src/history')), ['index.ts'], 'no empty folder either')
  })
  assert.ok(points > 10, `${points} points`)
})

test('a run that still goes on is left alone', () =>
  withTemporaryFolder(async (root) => {
    writeFileSync(join(root, `.versiongen-${process.pid}-0a1b2c3d-new-0.tmp`), 'x')
    writeFileSync(join(root, '.versiongen-notes.tmp'), 'x')
    assert.is(removeUnfinished([root]), false)
    assert.is(readdirSync(root).length, 2)
  }))

test('a file that is there, or a folder that may not be written to: nothing is written', () =>
  withTemporaryFolder(async (root) => {
    fill(root)
    const plan = planned.map((file) => ({ ...file, path: join(root, file.path) }))
    const fails = (): string => {
      try {
        writeFiles(plan)
      } catch (error) {
        assert.instance(error, VersiongenError)
        return (error as VersiongenError).code
      }
      return 'nothing'
    }
    writeFileSync(join(root, 'sql/V3__backfill.sql'), 'theirs')
    const before = read(root)
    assert.is(fails(), 'file-exists')
    assert.equal(read(root), before)
    if (process.getuid?.() === 0) return
    chmodSync(join(root, 'src/history'), 0o555)
    assert.is(fails(), 'file-unwritable')
    assert.equal(read(root), before)
  }))

test.run()
