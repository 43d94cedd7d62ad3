import { VersiongenError } from '../errors.ts'
import type { Repository } from './git.ts'

/** What a branch is to be merged into. */
export interface Base {
  /** As it was named: `origin/main`. */
  readonly revision: string
  /** Its commit. */
  readonly tip: string
  /** The commit where this branch left it. */
  readonly fork: string
}

/**
 * Resolves a revision, and finds where the current branch left it.
 *
 * @throws VersiongenError `git-revision` for one that is unknown, `git-history` where the two have no common commit,
 * as in a shallow clone.
 */
export const findBase = async ({ root, ask }: Repository, revision: string): Promise<Base> => {
  const tip = await resolveCommit(ask, revision)
  if (tip === undefined) {
    throw new VersiongenError('git-revision', `git knows no commit ${JSON.stringify(revision)}`, {
      where: { file: root },
      hint: /^[\w-]+\/./.test(revision)
        ? `git fetch ${revision.replace('/', ' ')}`
        : 'git branch --all lists what there is',
    })
  }
  const head = await resolveCommit(ask, 'HEAD')
  const fork = head && (await ask(['merge-base', head, tip]))?.trim()
  if (fork) return { revision, tip, fork }
  const shallow = (await ask(['rev-parse', '--is-shallow-repository']))?.trim() === 'true'
  throw new VersiongenError('git-history', `this branch and ${revision} have no commit in common`, {
    where: { file: root },
    hint: shallow
      ? 'this clone is shallow: git fetch --unshallow, or fetch-depth: 0 of actions/checkout'
      : 'name the branch that this one is to be merged into',
  })
}

/** The files of a commit in a folder and below, relative to the repository; `''` is all of it. */
export const listFilesAt = async ({ ask }: Repository, commit: string, folder: string): Promise<readonly string[]> => {
  const under = folder === '' ? [] : ['--', `${folder}/`]
  const listed = await ask(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit, ...under])
  return (listed ?? '').split('\0').filter((path) => path !== '')
}

const resolveCommit = async (ask: Repository['ask'], revision: string): Promise<string | undefined> => {
  if (revision.startsWith('-')) return undefined
  return (await ask(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]))?.trim()
}
