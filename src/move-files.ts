import { existsSync, renameSync } from 'node:fs'
import { VersiongenError } from './errors.ts'

/**
 * Gives all files their new names, or none; a name that is taken is refused. The last one moves first, so that a file may
 * take the name of one behind it in the list, and the order of migrations stays even if the process is killed meanwhile.
 *
 * @throws VersiongenError `file-exists` for a name that is taken, `file-unwritable` for what the file system refuses.
 */
export const moveFiles = (moves: readonly { readonly from: string; readonly to: string }[]): void => {
  const moved: (typeof moves)[number][] = []
  try {
    for (const move of moves.toReversed()) {
      rename(move.from, move.to)
      moved.push(move)
    }
  } catch (error) {
    for (const { from, to } of moved.toReversed()) renameSync(to, from)
    throw error
  }
}

const rename = (from: string, to: string): void => {
  if (existsSync(to)) {
    throw new VersiongenError('file-exists', 'there is such a file already; nothing was moved', { where: { file: to } })
  }
  try {
    renameSync(from, to)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new VersiongenError('file-unwritable', `cannot be moved (${code}); nothing was`, {
      where: { file: from },
      cause,
    })
  }
}
