import type { Column, Relation } from '../catalog/types.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { versionType } from '../sql/column-type.ts'
import { versionColumns, versionKey, type VersionColumn } from '../sql/version-table.ts'
import { cheapChains } from './chains.ts'
import type { ExistingHistory } from './existing-history.ts'
import { qualify } from './resolve.ts'
import type { Report } from './report.ts'
import { compareTypes, type TypeChange } from './type-change.ts'
import type { VersionedTable } from './types.ts'

/** Everything about the columns of a version table: names, types, whether they let values in. */
export const compareColumns = (table: VersionedTable, history: ExistingHistory, report: Report): void => {
  compareNames(table, history, report)
  const version = history.relation
  const actual = new Map(version.columns.map((column) => [column.name, column]))
  // What leaves the key may be null once it has left: see rekey.
  const key = new Set([...versionKey(table), ...(version.primaryKey?.columns ?? [])])
  const stale = new Set<string>(history.match.resumed)
  const added = new Set<string>()
  const retyped: string[] = []
  for (const column of versionColumns(table)) {
    const found = actual.get(column.name)
    if (found === undefined) {
      reportMissing(table, version, column, report)
      if (column.of !== null) {
        stale.add(column.name)
        added.add(column.name)
      }
      continue
    }
    if (column.of === null) continue
    const type = compareType(table, column, found, report)
    if (type !== 'same') retyped.push(column.name)
    if (type === 'rewritten') stale.add(column.name)
    compareGeneration(version, found, report)
    if (found.notNull && !key.has(found.name)) {
      report.drift('column-nullability', `${qualify(version)}.${found.name}`, {
        expected: 'null allowed',
        actual: 'not null',
        message: `${qualify(version)}.${found.name} forbids null, but versions of old rows may hold it`,
        change: { kind: 'drop-not-null', column: found.name },
      })
    }
  }
  compareExtra(table, version, report)
  reportDoubts(table, history, report)
  for (const name of history.match.resumed) {
    report.drift('backfill-missing', `${qualify(version)}.${name}`, {
      expected: 'what the rows hold now',
      actual: 'what it held when it was last recorded',
      message: `${qualify(table.base)}.${name} is recorded again, but open versions do not hold its values yet`,
    })
  }
  // What is in the key is held by all versions: see rekey.
  const held = [...added, ...history.match.resumed].filter((name) => !key.has(name))
  if (held.length > 0) report.add({ kind: 'note-held-since', columns: held })
  // Until now the function recorded null for a renamed column, and left out what the old type does not hold.
  const isRenamed = history.renames.some(({ why }) => why === 'base')
  const mayLack = table.writer === 'trigger' && (isRenamed || retyped.length > 0)
  if (mayLack && history.found.estimatedRows <= cheapChains) report.add({ kind: 'catch-up', retyped })
  if (stale.size > 0) report.add({ kind: 'fill', columns: [...stale] })
}

const compareNames = (table: VersionedTable, { renames }: ExistingHistory, report: Report): void => {
  const base = qualify(table.base)
  for (const rename of renames) {
    const { from, to, why, was = from } = rename
    const change = { kind: 'rename-column', ...rename } as const
    if (why === 'base') {
      report.drift('column-missing', `${qualify(table.version)}.${to}`, {
        expected: to,
        actual: was,
        message: `${base}.${was} is called ${to} now; its history still says ${was}`,
        change,
      })
    } else if (why === 'aside') {
      report.drift('column-extra', `${qualify(table.version)}.${from}`, {
        expected: to,
        actual: from,
        message: `${base} has dropped ${from} and has another column of that name now: the old values move to ${to}`,
        change,
      })
    } else if (why === 'own' && !from.endsWith('_mod')) {
      report.drift('column-missing', `${qualify(table.version)}.${to}`, {
        expected: to,
        actual: from,
        message: `the model says ${to}, the version table ${from}`,
        change,
      })
    } else report.add(change)
  }
}

const reportMissing = (table: VersionedTable, version: Relation, column: VersionColumn, report: Report): void => {
  const object = `${qualify(version)}.${column.name}`
  const change = { kind: 'add-column', column: { ...column, notNull: column.default !== null } } as const
  report.drift('column-missing', object, {
    expected: column.type,
    message:
      column.of === null
        ? `${qualify(version)} lacks the column ${column.name}`
        : `${qualify(table.base)}.${column.name} has no history: ${qualify(version)} lacks the column`,
    change,
  })
  if (column.name === table.endTransactionColumn) report.add({ kind: 'close-chains' })
}

const compareType = (
  table: VersionedTable,
  column: VersionColumn,
  found: Column,
  report: Report,
): 'same' | 'widened' | 'rewritten' => {
  const base = table.base.columns.find(({ name }) => name === column.name)
  if (base === undefined) return 'same'
  const object = `${qualify(table.version)}.${found.name}`
  const change = compareTypes(found.type, versionType(base))
  if (change.kind === 'refuse') {
    report.drift('column-type', object, {
      expected: base.type.sql,
      actual: found.type.sql,
      message: `${qualify(table.base)}.${base.name} is ${base.type.sql} now, its history ${found.type.sql}: ${choices(table, found, base, change.reason)}`,
      fix: null,
    })
    return 'same'
  }
  if (change.kind === 'convert') {
    const size = table.history?.found.estimatedRows ?? -1
    report.drift('column-type', object, {
      expected: column.type,
      actual: found.type.sql,
      message: `${object} is ${found.type.sql}, its base column ${base.type.sql}${change.rewrite ? `: the migration rewrites ${qualify(table.version)}${describeSize(size)}, while nobody can write or read` : ''}`,
      change: { kind: 'convert-column', column, using: change.using, rewrite: change.rewrite },
    })
    return change.rewrite || column.type !== versionType(base).sql ? 'rewritten' : 'widened'
  }
  if (found.collation !== column.collation) {
    report.drift('column-type', object, {
      expected: `collation ${column.collation ?? 'default'}`,
      actual: `collation ${found.collation ?? 'default'}`,
      message: `${object} has another collation than its base column`,
      change: { kind: 'convert-column', column, using: [], rewrite: false },
    })
  }
  return 'same'
}

export const describeSize = (rows: number): string => (rows < 0 ? '' : ` (about ${rows.toLocaleString('en')} rows)`)

const choices = (
  table: VersionedTable,
  found: Column,
  base: Column,
  reason: Extract<TypeChange, { kind: 'refuse' }>['reason'],
): string => {
  const [version, name] = [qualified(table.version), identifier(found.name)]
  const convert = (using: string): string =>
    `alter table ${version} alter column ${name} type ${base.type.sql} using ${using}`
  if (reason === 'zone') {
    return `until then it is recorded in the zone of whichever session writes. Say in which zone the local times are, in a migration of your own: ${convert(`${name} at time zone 'America/Vancouver'`)}`
  }
  return `until then rows that it cannot hold stay out of it, with a warning, and all writes fail if no cast leads to its type. In a migration of your own, either convert the old values (${convert(`${name}::${base.type.sql}`)}) or keep them beside the new ones (alter table ${version} rename column ${name} to ${identifier(`${found.name}_old`)})`
}

const compareGeneration = (version: Relation, found: Column, report: Report): void => {
  if (found.identity !== 'always' && found.generated === null) return
  const what = found.generated === null ? 'identity' : 'expression'
  report.drift('column-type', `${qualify(version)}.${found.name}`, {
    expected: found.type.sql,
    actual: `${found.type.sql} generated always`,
    message: `${qualify(version)}.${found.name} is generated: it takes no values from the recorder, so that every write fails`,
    ...(found.generated === 'virtual'
      ? { fix: null }
      : { change: { kind: 'drop-generation', column: found.name, what } }),
  })
}

/** Columns that are nobody's, or a dropped base column's, stay; but they must not stand in the way. */
const compareExtra = (table: VersionedTable, version: Relation, report: Report): void => {
  const known = new Set(versionColumns(table).map(({ name }) => name))
  const key = new Set(version.primaryKey?.columns)
  for (const found of version.columns) {
    if (known.has(found.name) || !found.notNull || found.default !== null || found.identity !== null) continue
    if (key.has(found.name)) continue
    report.drift('column-extra', `${qualify(version)}.${found.name}`, {
      expected: 'null allowed',
      actual: 'not null',
      message: `${qualify(table.base)} has no column ${found.name} any more, and its version table demands a value: nothing can be recorded`,
      change: { kind: 'drop-not-null', column: found.name },
    })
  }
}

const reportDoubts = (table: VersionedTable, { relation, match }: ExistingHistory, report: Report): void => {
  for (const { column, candidates } of match.doubts) {
    const renamed = candidates.map((from) => `renamed: { ${property(from)}: ${quote(column.name)} }`)
    report.drift('column-missing', `${qualify(relation)}.${column.name}`, {
      expected: column.type.sql,
      actual: candidates.join(' or '),
      message: `${qualify(table.base)}.${column.name} has no history: is it new, or was it called ${candidates.join(' or ')}? Say ${renamed.join(' or ')} in the model, or renamed: {} if it is new`,
      fix: null,
    })
  }
}

const property = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : quote(name))

const quote = (name: string): string => (/['\\\n]/.test(name) ? JSON.stringify(name) : `'${name}'`)
