import { readFile } from 'node:fs/promises'
import { fixtureUrl } from '../support/fixture.ts'

/** One block of `fixtures/flyway/next-versions.txt`. */
export interface NextVersionCase {
  readonly title: string
  readonly now: Date
  /** Versions of the folder's files. */
  readonly have: readonly string[]
  /** Versions in the history table. */
  readonly applied: readonly string[]
  readonly next: readonly string[]
}

export const readNextVersionCases = async (): Promise<readonly NextVersionCase[]> => {
  const text = await readFile(fixtureUrl('flyway/next-versions.txt'), 'utf8')
  const blocks = text.split(/\n{2,}/).map((block) => block.trim().split('\n'))
  return blocks
    .filter(([title]) => title !== undefined && !title.startsWith('#'))
    .map(([title = '', ...lines]) => {
      const fields = new Map(lines.map((line) => line.trim().split(/\s+/)).map(([key = '', ...words]) => [key, words]))
      const words = (key: string): readonly string[] => fields.get(key) ?? []
      return {
        title,
        now: new Date(words('now')[0] ?? ''),
        have: words('have'),
        applied: words('applied'),
        next: words('next'),
      }
    })
}
