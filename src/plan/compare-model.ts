import { nearestNames } from '../nearest-names.ts'
import type { ModelProperty } from '../models/types.ts'
import { mayHold } from './model-type.ts'
import type { Report } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'

/**
 * Finds properties of the model that name no column, or cannot hold its values. Only those: a model need not list all
 * columns. A name that an ORM derives from the property's may differ in case and underscores. A type that does not fit
 * is a warning: what is recorded does not depend on it.
 */
export const compareModel = ({ model, base }: VersionedTable, report: Report): void => {
  const columns = new Map(base.columns.map((column) => [column.name, column]))
  const alike = new Map(base.columns.map((column) => [withoutStyle(column.name), column]))
  for (const property of model.properties) {
    const { name, columnName, explicit, type } = property
    const column = columns.get(columnName) ?? (explicit ? undefined : alike.get(withoutStyle(columnName)))
    if (column === undefined) {
      const [near] = nearestNames(columnName, columns.keys(), 1)
      report.drift('model-column', `${qualify(base)}.${columnName}`, {
        expected: columnName,
        message: `${model.name}.${name} stands for the column ${columnName}, which ${qualify(base)} does not have${near === undefined ? '' : `; did you mean ${near}?`}`,
        fix: null,
        where: placeOf(property),
      })
    } else if (type !== undefined && !mayHold(type, column.type)) {
      report.drift('model-column', `${qualify(base)}.${column.name}`, {
        severity: 'warning',
        expected: `a type that holds ${column.type.sql}`,
        actual: type,
        message: `${model.name}.${name} is ${type}, but ${qualify(base)}.${column.name} is ${column.type.sql}`,
        fix: null,
        where: placeOf(property),
      })
    }
  }
}

const placeOf = ({ file, line, column }: ModelProperty): { file?: string; line: number; column: number } => ({
  ...(file === undefined ? {} : { file }),
  line,
  column,
})

const withoutStyle = (name: string): string => name.replaceAll('_', '').toLowerCase()
