import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Writes a file whole or not at all: it appears under its name only when it is complete. */
export const replaceFile = (cwd: string, path: string, content: string): void => {
  const file = resolve(cwd, path)
  const draft = `${file}.versiongen-draft`
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(draft, content)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    // Nobody has heard of the draft.
    if (error instanceof Error && 'path' in error) error.path = file
    throw error
  }
}

export const appendText = (cwd: string, path: string, content: string): void =>
  appendFileSync(resolve(cwd, path), content)
