import type { Change } from '../plan/changes.ts'
import type { VersionedTable } from '../plan/types.ts'
import { asOfFunctionName, createAsOfFunction, createTransactionAt, transactionAtName } from './as-of-functions.ts'
import { closeChains } from './close-chains.ts'
import { createFitsFunction, fitsFunctionName } from './fits-function.ts'
import { historyGrants, revokeExecute, revokeWrites } from './grants.ts'
import { noteHeldSince } from './held-since.ts'
import { closesRows, lockModes, locksOf, strongestLock, type TableLock } from './locks.ts'
import { recordingSection, sections, squawkNote, type Timeouts } from './migrations.ts'
import { recordFunctionName } from './names.ts'
import { identifier, qualified } from './quote.ts'
import { rekey } from './rekey.ts'
import { createRecordingTrigger, createReplicationFunction, replicationFunctionName } from './replication.ts'
import { comment } from './text.ts'
import { columnDefinition, createIndex, describeVersionTable } from './version-table.ts'

/**
 * A later migration: brings an existing version table, its function and its triggers in line again. The version table
 * comes first and the base table last, so that the locks writers feel most are held for the shortest time.
 */
export const alterMigration = (table: VersionedTable, changes: readonly Change[], timeouts: Timeouts): string => {
  const rewrites = changes.some((change) => change.kind === 'rekey' || isRewrite(change))
  const locks = describeLocks(
    table,
    changes.flatMap((change) => locksOf(table, change)),
  )
  const columns = changes.flatMap((change) => alterColumn(change))
  const version = qualified(table.version)
  const of = <Kind extends Change['kind']>(kind: Kind): readonly Extract<Change, { kind: Kind }>[] =>
    changes.filter((change): change is Extract<Change, { kind: Kind }> => change.kind === kind)
  return sections(
    [
      `Brings the history of ${comment(qualified(table.base))} in line with the table.`,
      '',
      ...labelled('Changes', [...new Set(changes.flatMap((change) => describeChange(table, change) ?? []))]),
      ...labelled('Locks', locks.length === 0 ? ['nothing.'] : locks),
      ...squawkIgnores(table, changes),
    ],
    rewrites ? { ...timeouts, statementTimeout: '0' } : timeouts,
    ...lockFirst(table, changes),
    ...of('rename-table').map((change) => renameTable(table, change)),
    ...section(of('rename-column'), ({ from, to }) => [
      `alter table ${version} rename column ${identifier(from)} to ${identifier(to)};`,
    ]),
    ...(columns.length === 0 ? [] : [`alter table ${version}\n  ${columns.join(',\n  ')};`]),
    ...of('set-logged').map(() => `alter table ${version} set logged;`),
    ...of('note-held-since').map(({ columns: held }) => noteHeldSince(table, held)),
    ...of('rekey').map((change) => rekey(table, change)),
    ...of('close-chains').map(() => closeChains(table)),
    ...of('create-index').map(({ index }) => createIndex(table, index)),
    ...of('describe').map(({ numbers }) => describeVersionTable(table, numbers)),
    ...of('secure').map(() => historyGrants(table)),
    ...of('revoke-writes').map((change) => revokeWrites(change.table, change.keptBy)),
    ...of('replace-fits').map(() => createFitsFunction(table.transaction)),
    ...of('replace-function').map(
      () => `${recordingSection(table)}\n${revokeExecute(recordFunctionName(table.version))}`,
    ),
    ...of('replace-replication-function').map(
      () => `${createReplicationFunction(table)}\n${revokeExecute(replicationFunctionName(table.version))}`,
    ),
    ...of('replace-transaction-at').map(() => createTransactionAt(table.transaction)),
    ...of('replace-as-of-function').map(() => createAsOfFunction(table)),
    ...section(changes, (change) => alterTrigger(table, change)),
    ...section(of('drop-trigger'), ({ function: unused }) =>
      unused === null ? [] : [`drop function ${qualified(unused)}();`],
    ),
  )
}

/**
 * Writers lock the base table first, then its history. A migration that needs locks on both takes them in the same order,
 * so that it waits for writers but never they for it and it for them.
 */
const lockFirst = (table: VersionedTable, changes: readonly Change[]): readonly string[] => {
  const locks = changes.flatMap((change) => locksOf(table, change))
  const mode = strongestLock(locks, 'base')?.mode
  const isNeeded =
    changes.some(({ kind }) => kind === 'rekey' || kind === 'note-held-since') ||
    locks.some(({ on, mode, span }) => on === 'version' && (span !== 'moment' || mode === 'ACCESS EXCLUSIVE'))
  return mode !== undefined && isNeeded
    ? [
        `-- The table before its history, as its writers lock them: so nobody waits in a circle.
lock table ${qualified(table.base)} in ${mode.toLowerCase()} mode;`,
      ]
    : []
}

/** One section of statements that belong together; each only once. */
const section = <Item>(items: readonly Item[], render: (item: Item) => readonly string[]): readonly string[] => {
  const lines = [...new Set(items.flatMap((item) => render(item)))]
  return lines.length === 0 ? [] : [lines.join('\n')]
}

const labelled = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => (i === 0 ? label : '').padEnd(9) + line)

const isRewrite = (change: Change): boolean =>
  change.kind === 'set-logged' || (change.kind === 'convert-column' && change.rewrite)

/** What squawk warns of and is meant here; a reviewer finds the reasons under `Locks`. */
const squawkIgnores = (table: VersionedTable, changes: readonly Change[]): readonly string[] => {
  const has = (kind: Change['kind']): boolean => changes.some((change) => change.kind === kind)
  const key = new Set(table.key.map(({ name }) => name))
  const leavesKey = changes.some((change) => change.kind === 'rekey' && change.from.some((name) => !key.has(name)))
  return squawkNote(
    changes.flatMap((change) =>
      change.kind === 'add-column' || change.kind === 'convert-column' ? [change.column] : [],
    ),
    [
      ...(has('rename-column') ? ['renaming-column'] : []),
      ...(has('rename-table') ? ['renaming-table'] : []),
      ...(has('convert-column') ? ['changing-column-type'] : []),
      ...(has('drop-not-null') || leavesKey ? ['ban-drop-not-null'] : []),
      ...(has('rekey') ? ['adding-serial-primary-key-field', 'constraint-missing-not-valid'] : []),
      ...(has('create-index') ? ['require-concurrent-index-creation'] : []),
    ],
  )
}

const renameTable = (table: VersionedTable, change: Extract<Change, { kind: 'rename-table' }>): string => {
  const { from, functions } = change
  const rename = (kind: string, before: typeof from, call: string, after: typeof from): readonly string[] => {
    const moved = { schema: after.schema, name: before.name }
    return [
      ...(before.schema === after.schema
        ? []
        : [`alter ${kind} ${qualified(before)}${call} set schema ${identifier(after.schema)};`]),
      ...(before.name === after.name
        ? []
        : [`alter ${kind} ${qualified(moved)}${call} rename to ${identifier(after.name)};`]),
    ]
  }
  return [
    ...rename('table', from, '', table.version),
    ...functions.flatMap((each) => rename('function', each.from, `(${each.takes})`, each.to)),
  ].join('\n')
}

const alterColumn = (change: Change): readonly string[] => {
  switch (change.kind) {
    case 'add-column':
      return [`add column ${columnDefinition(change.column).join(' ')}`]
    case 'drop-not-null':
      return [`alter column ${identifier(change.column)} drop not null`]
    case 'drop-generation':
      return [`alter column ${identifier(change.column)} drop ${change.what}`]
    case 'convert-column': {
      const { column, using } = change
      const name = identifier(column.name)
      const collate = column.collation === null ? '' : ` collate ${column.collation}`
      const cast = using.length === 0 ? '' : ` using ${name}${using.map((type) => `::${type}`).join('')}`
      return [`alter column ${name} type ${column.type}${collate}${cast}`]
    }
    default:
      return []
  }
}

const alterTrigger = (table: VersionedTable, change: Change): readonly string[] => {
  const base = qualified(table.base)
  switch (change.kind) {
    case 'rename-trigger':
      return [`alter trigger ${identifier(change.from)} on ${base} rename to ${identifier(change.to)};`]
    case 'replace-trigger':
      return [createRecordingTrigger(table, change.trigger)]
    case 'enable-trigger':
      return [
        `alter table ${base} enable ${change.trigger.enabled === 'replica' ? 'replica ' : ''}trigger ${identifier(change.trigger.name)};`,
      ]
    case 'drop-trigger':
      return [`drop trigger ${identifier(change.name)} on ${base};`]
    default:
      return []
  }
}

/** The strongest lock on each table, and who waits for it. */
const describeLocks = (table: VersionedTable, all: readonly TableLock[]): readonly string[] => {
  const base = comment(qualified(table.base))
  const rows = table.history?.found.estimatedRows ?? -1
  const size = rows < 0 ? '' : ` (about ${rows.toLocaleString('en')} rows when this was written)`
  const held = all.some(({ span }) => span !== 'moment') ? 'until the end of this file' : 'for a moment'
  const spans: Record<TableLock['span'], string> = {
    moment: 'for a moment',
    closing: `while all its rows are read, and those without their end written${size}`,
    building: 'while the index is built',
    rewriting: `while all its rows are written anew${size}`,
  }
  const onBase = strongestLock(all, 'base')
  const onVersion = strongestLock(all, 'version')
  const describeVersionLock = ({ mode, span }: TableLock): string => {
    if (mode === 'ACCESS EXCLUSIVE') {
      return `${spans[span]}${span === 'moment' ? ', no rewrite' : ''}: its readers and the writers of ${base} wait.`
    }
    if (lockModes.indexOf(mode) >= lockModes.indexOf('SHARE'))
      return `${spans[span]}: writers of ${base} wait, reads go on.`
    return `${spans[span]}: ${span === 'moment' ? 'nobody waits' : 'who changes one of these waits'}.`
  }
  return [
    ...(onBase === undefined
      ? []
      : [
          `${base}: ${onBase.mode} ${held}: ${onBase.mode === 'ACCESS EXCLUSIVE' ? 'all who use it wait' : 'writes wait, reads go on'}.`,
        ]),
    ...(onVersion === undefined
      ? []
      : [`${comment(qualified(table.version))}: ${onVersion.mode} ${describeVersionLock(onVersion)}`]),
  ]
}

/** In a DBA's words; null for what other migrations do. */
const describeChange = (table: VersionedTable, change: Change): string | readonly string[] | null => {
  const base = comment(qualified(table.base))
  const version = comment(qualified(table.version))
  const transaction = comment(qualified(table.transaction))
  switch (change.kind) {
    case 'rename-table':
      return `renames ${comment(qualified(change.from))} to ${version}`
    case 'rename-column':
      return `renames ${comment(change.from)} to ${comment(change.to)} in ${version}`
    case 'add-column':
      return `adds ${comment(change.column.name)} to ${version}${change.column.of === null ? '' : '; older versions hold null there'}`
    case 'drop-not-null':
      return `lets ${comment(change.column)} be null in ${version}`
    case 'drop-generation':
      return `lets ${comment(change.column)} of ${version} take values`
    case 'convert-column':
      return `makes ${comment(change.column.name)} in ${version} ${comment(change.column.type)}`
    case 'rekey':
      return `gives ${version} the key (${comment([...table.key.map(({ name }) => name), table.transactionColumn].join(', '))})`
    case 'set-logged':
      return `has ${version} survive a crash`
    case 'close-chains':
      return `gives every version its end again`
    case 'create-index':
      return `creates the index ${comment(change.index.name)}`
    case 'describe':
      return `notes in the comment of ${version} which columns it keeps`
    case 'note-held-since':
      return `notes since when ${comment(change.columns.join(', '))} ${change.columns.length === 1 ? 'is' : 'are'} held`
    case 'secure':
      return [
        ...(closesRows(table)
          ? [`enables row security on ${version}: without policies nobody but its owner reads it`]
          : []),
        `takes all rights on ${version} back from everybody but its owner`,
        ...(table.base.rowSecurity.enabled
          ? []
          : [`gives whoever may read ${base} the right to read ${version} and ${transaction}`]),
      ]
    case 'revoke-writes':
      return `takes rights to write ${comment(qualified(change.table))} back`
    case 'replace-function':
      return `replaces ${comment(qualified(recordFunctionName(table.version)))}(), which locks nothing`
    case 'replace-replication-function':
      return `replaces ${comment(qualified(replicationFunctionName(table.version)))}(), which locks nothing`
    case 'replace-as-of-function':
      return `replaces ${comment(qualified(asOfFunctionName(table.version)))}(timestamptz), which locks nothing`
    case 'replace-transaction-at':
      return `replaces ${comment(qualified(transactionAtName(table.transaction)))}(timestamptz), which locks nothing`
    case 'replace-fits':
      return `replaces ${comment(qualified(fitsFunctionName(table.transaction)))}(text, text), which locks nothing`
    case 'rename-trigger':
      return `renames the trigger ${comment(change.from)} to ${comment(change.to)}`
    case 'replace-trigger':
      return `creates or replaces the trigger ${comment(change.trigger.name)}`
    case 'enable-trigger':
      return `enables the trigger ${comment(change.trigger.name)}`
    case 'drop-trigger':
      return `drops the trigger ${comment(change.name)}`
    case 'create':
    case 'fill':
    case 'backfill':
    case 'catch-up':
      return null
  }
}
