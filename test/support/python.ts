import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Exact, so that a figure can be had again and a test means the same tomorrow. */
export const continuumPackages: readonly string[] = [
  'SQLAlchemy-Continuum==1.7.0',
  'SQLAlchemy==2.0.58',
  'psycopg[binary]==3.3.9',
]

/**
 * The path of a Python that has these packages, in a virtual environment of its own in the user's cache folder: made once
 * for each list of packages, then used again. Needs Python 3 and, the first time, PyPI.
 *
 * @throws Error when there is no Python 3, or PyPI does not answer.
 */
export const preparePython = (packages: readonly string[]): Promise<string> => {
  const list = packages.join('\n')
  const known = prepared.get(list)
  if (known) return known
  const made = makeEnvironment(packages, list)
  prepared.set(list, made)
  return made
}

const prepared = new Map<string, Promise<string>>()

const makeEnvironment = async (packages: readonly string[], list: string): Promise<string> => {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'versiongen')
  const name = `python-${createHash('sha256').update(list).digest('hex').slice(0, 8)}`
  const environment = join(cache, name)
  const python = join(environment, 'bin', 'python')
  const complete = join(environment, 'complete.txt')
  if (existsSync(complete)) return python
  await rm(environment, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await run('python3', ['-m', 'venv', environment])
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  const unfinished = `${complete}.${process.pid}`
  await writeFile(unfinished, list)
  await rename(unfinished, complete)
  return python
}
