import { byCodePoint } from '../order.ts'
import { type DescribedColumn, describeColumns } from './describe-columns.ts'
import type { RelatedTable, Relation } from './relations.ts'
import type { RenderOptions } from './render-options.ts'
import { commentText, stringLiteral } from './text.ts'

export interface LiveTarget extends RelatedTable {
  readonly columns: readonly DescribedColumn[]
}

/** The tables without history among the related ones, by name. */
export const liveTargets = (relations: readonly Relation[], options: RenderOptions): readonly LiveTarget[] => {
  const targets = new Map(relations.flatMap(({ target }) => (target.history ? [] : [[target.base, target] as const])))
  return [...targets.values()]
    .toSorted((a, b) => byCodePoint(a.name.stem, b.name.stem))
    .map((target) => ({ ...target, columns: describeColumns(target.base.columns, options) }))
}

/** `MineState`, or `Live<CompanyRow, "id">`. */
export const relatedType = ({ target: { history, name, base } }: Relation, live: readonly LiveTarget[]): string => {
  if (history) return `${name.type}State`
  const columns = live.find((target) => target.base === base)?.columns ?? []
  const key = columns.filter(({ column }) => base.primaryKey?.columns.includes(column.name))
  return `Live<${[`${name.type}Row`, ...(key.length > 0 ? [key.map(({ property }) => stringLiteral(property)).join(' | ')] : [])].join(', ')}>`
}

export const describeRelation = (relation: Relation): string => {
  const { base } = relation.target
  const other = `\`${commentText(`${base.schema}.${base.name}`)}\``
  if (relation.kind === 'through') {
    const { schema, name } = relation.join.base
    return `The rows of ${other} that \`${commentText(`${schema}.${name}`)}\` ties it to.`
  }
  const { foreignKey, outgoing, many } = relation
  const columns = `\`${commentText(foreignKey.columns.join(', '))}\``
  if (outgoing) return `The row of ${other} that ${columns} refers to.`
  return many
    ? `The rows of ${other} whose ${columns} refers to it.`
    : `The row of ${other} whose ${columns} refers to it.`
}

export const renderRelation = (relation: Relation): string => {
  const name = `name: ${stringLiteral(relation.name)}`
  if (relation.kind === 'through') return `    { ${name}, through: ${literals(relation.path)} },`
  const { columns, target, targetColumns, many, outgoing } = relation
  const descriptor = `${target.name.value}${target.history ? 'Descriptor' : 'Live'}`
  return (
    `    { ${name}, columns: ${literals(columns)}, target: () => ${descriptor}, ` +
    `targetColumns: ${literals(targetColumns)}, many: ${many}, refers: ${outgoing} },`
  )
}

export const literals = (texts: readonly string[]): string => `[${texts.map(stringLiteral).join(', ')}]`
