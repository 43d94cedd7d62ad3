import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createTwoFilesPatch } from 'diff'

/**
 * Compares text with a file under `fixtures/`, given relative to that folder or as a URL. With `UPDATE=1` in the
 * environment the file is written instead.
 *
 * @throws an Error that shows the unified diff.
 */
export const matchFixture = async (actual: string, file: string | URL): Promise<void> => {
  const path = fileURLToPath(typeof file === 'string' ? fixtureUrl(file) : file)
  const name = relative(process.cwd(), path)
  if (process.env['UPDATE'] === '1') {
    await mkdir(dirname(path), { recursive: true })
    return writeFile(path, actual)
  }
  const expected = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`${name} does not exist; run the test with UPDATE=1 to write it`)
    throw error
  })
  if (actual === expected) return
  const patch = createTwoFilesPatch(name, name, expected, actual, 'expected', 'actual')
  throw new Error(`differs from ${name} (UPDATE=1 accepts):\n${patch}`)
}

/** `fixtureUrl('mines/migrations/')` */
export const fixtureUrl = (path: string): URL => new URL(path, new URL('../../fixtures/', import.meta.url))
