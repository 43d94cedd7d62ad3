import { nearestNames } from '../catalog/lookup.ts'
import type { Report } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'

/**
 * Finds properties of the model that name no column. Only those: a model need not list all columns. A name that an ORM
 * derives from the property's may differ in case and underscores.
 */
export const compareModel = ({ model, base }: VersionedTable, report: Report): void => {
  const columns = new Set(base.columns.map(({ name }) => name))
  const alike = new Set([...columns].map(withoutStyle))
  for (const { name, columnName, explicit } of model.properties) {
    if (columns.has(columnName) || (!explicit && alike.has(withoutStyle(columnName)))) continue
    const [near] = nearestNames(columnName, columns, 1)
    report.drift('model-column', `${qualify(base)}.${columnName}`, {
      expected: columnName,
      message: `${model.name}.${name} stands for the column ${columnName}, which ${qualify(base)} does not have${near === undefined ? '' : `; did you mean ${near}?`}`,
      fix: null,
    })
  }
}

const withoutStyle = (name: string): string => name.replaceAll('_', '').toLowerCase()
