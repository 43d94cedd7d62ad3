import type { QualifiedName } from '../catalog/types.ts'

/** The command line that brings a table's history in line: what findings name as their repair. */
export const versionCommand = (table: QualifiedName): string => `versiongen --table ${tableWord(table)}`

/** The command line that lists all that is wrong with the versions of a table. */
export const verifyCommand = (table: QualifiedName): string => `versiongen verify --table ${tableWord(table)}`

const tableWord = ({ schema, name }: QualifiedName): string =>
  shellWord(schema === 'public' ? name : `${schema}.${name}`)

/** The command line that gives migrations of this branch versions above those of the base. */
export const renumberCommand = (base: string): string => `versiongen renumber --base ${shellWord(base)}`

/** The command line that gives these files, relative to the project, versions above all others. */
export const renumberFilesCommand = (files: readonly string[]): string =>
  ['versiongen renumber', ...files.map(shellWord)].join(' ')

const shellWord = (word: string): string => (/^\w[\w./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
