import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { continuumPackages, preparePython } from '../../test/support/python.ts'

const run = promisify(execFile)

/** Exact, so that a figure can be had again. */
const packages: readonly string[] = [
  ...continuumPackages,
  'Django==5.2.19',
  'django-pghistory==3.9.2',
  'django-pgtrigger==4.17.0',
  'postgresql-audit==0.18.0',
  'setuptools==65.5.0',
]

/** Lets a peer make its own tables and triggers in the database, by its own code. Needs Python 3 and PyPI once. */
export const installPeer = async (script: string, url: string, ...options: readonly string[]): Promise<void> => {
  const python = await preparePython(packages)
  const file = fileURLToPath(new URL(`peers/install_${script}.py`, import.meta.url))
  const address = script === 'pghistory' ? url : url.replace('postgres://', 'postgresql+psycopg://')
  await run(python, [file, address, ...options])
}
