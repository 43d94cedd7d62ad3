import type { TableSummary } from '../results.ts'
import { qualify, type Resolved } from './resolve.ts'

/** The table a model stands for, as reports call it; without one, the name that the model gives. */
export const summarize = ({ model, table }: Pick<Resolved, 'model' | 'table'>): TableSummary => ({
  table:
    table === undefined
      ? [model.schema, model.table].filter((part) => part !== undefined).join('.')
      : qualify(table.base),
  model: { name: model.name, file: model.file, line: model.line },
  versionTable: table === undefined ? '' : qualify(table.version),
})
