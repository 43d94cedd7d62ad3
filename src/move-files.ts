import { linkSync, unlinkSync } from 'node:fs'
import { VersiongenError } from './errors.ts'

/**
 * Gives all files their new names, or none. Nothing is replaced: a link, unlike a rename, refuses a name that is taken.
 * Later ones come first, so that a file may take the name of one behind it in the list.
 *
 * @throws VersiongenError `file-exists` for a name that is taken, `file-unwritable` for what the file system refuses.
 */
export const moveFiles = (moves: readonly { readonly from: string; readonly to: string }[]): void => {
  const undo: (() => void)[] = []
  try {
    for (const { from, to } of moves.toReversed()) {
      linkSync(from, to)
      undo.push(() => unlinkSync(to))
      unlinkSync(from)
      undo.push(() => linkSync(to, from))
    }
  } catch (cause) {
    for (const step of undo.toReversed()) step()
    const { code, dest, path = '' } = cause as NodeJS.ErrnoException & { readonly dest?: string }
    const file = dest ?? path
    throw code === 'EEXIST'
      ? new VersiongenError('file-exists', 'there is such a file already; nothing was moved', {
          where: { file },
          cause,
        })
      : new VersiongenError('file-unwritable', `cannot be moved (${code}); nothing was`, { where: { file }, cause })
  }
}
