import type { Settings } from '../config/types.ts'
import { byCodePoint } from '../order.ts'
import type { AccessorName } from './names.ts'
import { propertyName, stringLiteral } from './text.ts'

/**
 * The module that gathers all accessors: TypeScript, not formatted yet. Names every export, so that none can hide another; its own
 * `history` and `Tables` cannot, either, for what accessors export ends in `History`, `Data`, `Id`, `Key`, `State` or `Version`.
 *
 * @param branded those that have an id of their own
 */
export const renderIndex = (
  accessors: readonly AccessorName[],
  { importExtension }: Pick<Settings, 'importExtension'>,
  branded: ReadonlySet<AccessorName> = new Set(),
): string => {
  if (accessors.length === 0) return 'export {}\n'
  const sorted = accessors.toSorted((a, b) => byCodePoint(a.stem, b.stem))
  const from = ({ stem }: AccessorName) => `from ${stringLiteral(`./${stem}${importExtension}`)}`
  return [
    `import { type Connection, createHistories, type DatabaseHistory } from "versiongen/history"`,
    ...sorted.map((name) => `import { ${name.value}Descriptor, type ${name.value}History } ${from(name)}`),
    ``,
    ...sorted.map((name) => {
      const suffixes = ['Data', ...(branded.has(name) ? ['Id'] : []), 'Key', 'State', 'Version']
      const types = suffixes.map((suffix) => `type ${name.type}${suffix}`)
      return `export { ${[`${name.value}History`, ...types].join(', ')} } ${from(name)}`
    }),
    ``,
    `/** The histories that there are, by the names that tables go by. */`,
    `export interface Tables {`,
    ...sorted.map(({ value }) => `  readonly ${propertyName(value)}: ReturnType<typeof ${value}History>`),
    `}`,
    ``,
    `/**`,
    ` * The history of all tables together.`,
    ` *`,
    ` * @param db a pg Client, Pool or PoolClient, a postgres.js \`sql\` or transaction, a PGlite or its transaction,`,
    ` *   or a handle of Drizzle, Kysely or TypeORM`,
    ` */`,
    `export const history = (db: Connection): DatabaseHistory<Tables> =>`,
    `  createHistories<Tables>(db, { ${sorted.map(({ value }) => `${propertyName(value)}: ${value}Descriptor`).join(', ')} })`,
    ``,
  ].join('\n')
}
