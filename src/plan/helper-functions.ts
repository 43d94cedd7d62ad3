import { findHelperFunction } from '../catalog/lookup.ts'
import type { Catalog, QualifiedName, StoredFunction } from '../catalog/types.ts'
import { asOfFunction, asOfFunctionName, transactionAtFunction, transactionAtName } from '../sql/as-of-functions.ts'
import { fitsFunction, fitsFunctionName } from '../sql/fits-function.ts'
import { isOurComment, type HelperFunction } from '../sql/helper-function.ts'
import type { Change } from './changes.ts'
import type { ExistingHistory } from './existing-history.ts'
import { hasBody } from './has-body.ts'
import type { Report } from './report.ts'
import type { Finding, VersionedTable } from './types.ts'

/** The one under the former name of a version table, if it is versiongen's. */
export const findAsOfFunction = (version: QualifiedName, catalog: Catalog): StoredFunction | undefined => {
  const found = findHelperFunction(catalog, asOfFunctionName(version))
  return isOurComment(found?.comment ?? null) ? found : undefined
}

/** Functions of other people that have the names of ours. */
export const findTaken = (table: VersionedTable, catalog: Catalog): readonly Finding[] =>
  expectedFunctions(table).flatMap(({ expected }): Finding[] => {
    const found = findHelperFunction(catalog, expected)
    if (found === undefined || isOurComment(found.comment) || hasBody(found, expected)) return []
    const name = signature(expected)
    return [
      {
        code: 'function-outdated',
        severity: 'error',
        object: name,
        expected: 'a function that versiongen writes',
        actual: 'another function',
        message: `${name} is somebody else's: rename it${expected.takes === 'timestamptz' ? ', or set asOfFunctions to false in the configuration' : ''}`,
        fix: null,
        where: { file: table.model.file, line: table.model.line, column: table.model.column },
      },
    ]
  })

/** Whether a function is there as it has to be, so that nothing has to be done about it. */
export const isAsWritten = (expected: HelperFunction, catalog: Catalog): boolean =>
  describeDifference(expected, findHelperFunction(catalog, expected)) === undefined

/** The functions that answer as of an instant, and what the recording functions ask: there, and as written. */
export const compareHelpers = (
  table: VersionedTable,
  { found: version }: ExistingHistory,
  catalog: Catalog,
  report: Report,
): void => {
  if (!table.transaction.exists) return
  for (const { expected, nameOf, change } of expectedFunctions(table)) {
    const actual = findHelperFunction(catalog, nameOf(version)) ?? findHelperFunction(catalog, expected)
    const difference = describeDifference(expected, actual)
    if (difference === undefined) continue
    const name = signature(expected)
    report.drift('function-outdated', name, {
      ...difference,
      message:
        actual === undefined
          ? `there is no function ${name}`
          : `${name} is not what versiongen writes: it was edited, or the table, the model or versiongen has changed`,
      change,
    })
  }
}

interface Expected {
  readonly expected: HelperFunction
  /** Its name with the version table under this name. */
  readonly nameOf: (version: QualifiedName) => QualifiedName
  readonly change: Change
}

const expectedFunctions = (table: VersionedTable): readonly Expected[] => [
  ...(table.writer === 'trigger'
    ? [
        {
          expected: fitsFunction(table.transaction),
          nameOf: () => fitsFunctionName(table.transaction),
          change: { kind: 'replace-fits' } as const,
        },
      ]
    : []),
  ...(table.asOf === true
    ? [
        {
          expected: transactionAtFunction(table.transaction),
          nameOf: () => transactionAtName(table.transaction),
          change: { kind: 'replace-transaction-at' } as const,
        },
        {
          expected: asOfFunction(table),
          nameOf: asOfFunctionName,
          change: { kind: 'replace-as-of-function' } as const,
        },
      ]
    : []),
]

/** What else it is than it has to be; undefined: nothing. Postgres takes the text into a query only if all of this holds. */
const describeDifference = (
  expected: HelperFunction,
  actual: StoredFunction | undefined,
): { readonly expected: string; readonly actual?: string } | undefined => {
  if (actual === undefined) return { expected: signature(expected) }
  if (!hasBody(actual, expected)) return { expected: 'the body versiongen writes', actual: 'another body' }
  const [wanted, declared] = [`sql ${expected.behaviour} security invoker`, describe(actual)]
  return declared === wanted ? undefined : { expected: wanted, actual: declared }
}

const describe = ({ language, behaviour, securityDefiner, settings }: StoredFunction): string =>
  [language, behaviour, `security ${securityDefiner ? 'definer' : 'invoker'}`, ...settings].join(' ')

const signature = ({ schema, name, takes }: HelperFunction): string => `${schema}.${name}(${takes})`
