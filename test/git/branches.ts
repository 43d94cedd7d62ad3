import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runSuccessfully } from '../support/run-command.ts'

/** A git repository with migrations in `sql`, on a branch `feature` that left `main`. */
export interface Branches {
  readonly root: string
  git(...args: readonly string[]): Promise<string>
  /** Writes migrations, each holding its own name, without committing them. */
  add(...names: readonly string[]): Promise<void>
  /** On the branch that is checked out. */
  commit(...names: readonly string[]): Promise<void>
  /** The files in `sql`, sorted. */
  list(): Promise<readonly string[]>
}

/**
 * @param shared on `main` before the branches part
 * @param main added there afterwards
 * @param feature added on the branch
 */
export const makeBranches = async (
  root: string,
  { shared, main, feature }: Readonly<Record<'shared' | 'main' | 'feature', readonly string[]>>,
): Promise<Branches> => {
  const git = (...args: readonly string[]): Promise<string> =>
    runSuccessfully(
      'git',
      ['-c', 'user.name=me', '-c', 'user.email=me@example.org', '-c', 'commit.gpgsign=false', ...args],
      {
        cwd: root,
        env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      },
    )
  const add = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      await mkdir(dirname(join(root, 'sql', name)), { recursive: true })
      const text = name.endsWith('.conf') ? 'executeInTransaction=true\n' : `select '${name.replaceAll("'", "''")}';\n`
      await writeFile(join(root, 'sql', name), text)
    }
  }
  const commit = async (...names: readonly string[]): Promise<void> => {
    await add(...names)
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', 'x')
  }
  await git('init', '--quiet', '--initial-branch', 'main')
  await writeFile(join(root, 'flyway.toml'), '[flyway]\nlocations = ["filesystem:sql"]\n')
  await commit(...shared)
  await git('checkout', '--quiet', '-b', 'feature')
  await commit(...feature)
  await git('checkout', '--quiet', 'main')
  await commit(...main)
  await git('checkout', '--quiet', 'feature')
  const list = async (): Promise<readonly string[]> =>
    (await readdir(join(root, 'sql'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'sql').length + 1))
      .sort()
  return { root, git, add, commit, list }
}
