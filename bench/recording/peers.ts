import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Exact, so that a figure can be had again. */
const packages: readonly string[] = [
  'SQLAlchemy-Continuum==1.7.0',
  'SQLAlchemy==2.0.58',
  'Django==5.2.19',
  'django-pghistory==3.9.2',
  'django-pgtrigger==4.17.0',
  'postgresql-audit==0.18.0',
  'psycopg[binary]==3.3.9',
  'setuptools==65.5.0',
]

/** Lets a peer make its own tables and triggers in the database, by its own code. Needs Python 3 and PyPI once. */
export const installPeer = async (script: string, url: string, ...options: readonly string[]): Promise<void> => {
  const python = await preparePython()
  const file = fileURLToPath(new URL(`peers/install_${script}.py`, import.meta.url))
  const address = script === 'pghistory' ? url : url.replace('postgres://', 'postgresql+psycopg://')
  await run(python, [file, address, ...options])
}

let prepared: Promise<string> | undefined

const preparePython = (): Promise<string> => (prepared ??= createEnvironment())

const createEnvironment = async (): Promise<string> => {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'versiongen-bench')
  const environment = join(cache, 'python')
  const python = join(environment, 'bin', 'python')
  const list = packages.join('\n')
  const complete = join(environment, 'complete.txt')
  if (existsSync(complete)) return python
  await mkdir(cache, { recursive: true })
  await run('python3', ['-m', 'venv', environment])
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  await writeFile(complete, list)
  return python
}
