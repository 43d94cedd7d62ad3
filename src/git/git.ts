import { execFile } from 'node:child_process'
import { VersiongenError } from '../errors.ts'

/** A git working tree; only ever read. */
export interface Repository {
  /** Its top folder, absolute, links resolved. */
  readonly root: string
  /** What git prints; `undefined` where it exits with 1, which is how it says no. */
  ask(args: readonly string[]): Promise<string | undefined>
}

/**
 * Finds the repository that a folder is in.
 *
 * @throws VersiongenError `git-missing`, or `git-repository` where there is none.
 */
export const openRepository = async (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Repository> => {
  const root = (await run(folder, env, ['rev-parse', '--show-toplevel']))?.replace(/\n$/, '')
  if (root === undefined || root === '') throw noRepository(folder, undefined)
  return { root, ask: (args) => run(root, env, args) }
}

/** Without a shell: no argument is anything but an argument. */
const run = (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const options = { cwd: folder, env: { ...env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' }, maxBuffer: 1 << 28 }
    execFile('git', [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (error.code === 1) resolve(undefined)
      else reject(explain(error, stderr, folder, args))
    })
  })

const explain = (
  error: Error & { readonly code?: string | number | null },
  stderr: string,
  folder: string,
  args: readonly string[],
): VersiongenError => {
  if (error.code === 'ENOENT') {
    return new VersiongenError('git-missing', 'there is no git here', {
      hint: 'install git, or leave --base out',
      cause: error,
    })
  }
  if (stderr.includes('not a git repository')) return noRepository(folder, error)
  const [reason = ''] = stderr.replace(/^(?:fatal|error): /, '').split('\n')
  return new VersiongenError('git-failed', `git ${args[0]}: ${reason || error.message}`, {
    where: { file: folder },
    cause: error,
  })
}

const noRepository = (folder: string, cause: unknown): VersiongenError =>
  new VersiongenError('git-repository', 'is not in a git repository', {
    where: { file: folder },
    hint: 'leave --base out',
    cause,
  })
