/**
 * The table a declaration stands for when nothing names one: the snake_case of its name without a `Model`, `Table` or
 * `Entity` suffix. A word starts at a capital that follows a small letter or a digit, and at the last capital of a run
 * that a small letter follows; a digit never starts a word.
 *
 * | name | table |
 * |---|---|
 * | `MinePermit`, `minePermit`, `mine_permit` | `mine_permit` |
 * | `MineModel`, `MineTable`, `MineEntity` | `mine` |
 * | `MineTableModel` | `mine_table` |
 * | `Table` | `table` |
 * | `MineTSF`, `TSFMine`, `NOWApplication` | `mine_tsf`, `tsf_mine`, `now_application` |
 * | `Mine2`, `Mine2Permit`, `V2Mine` | `mine2`, `mine2_permit`, `v2_mine` |
 */
export const tableNameOf = (declaration: string): string => {
  const bare = declaration.replace(/(?<=.)_?(?:Model|Table|Entity)$/, '')
  return bare.replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, '_').toLowerCase()
}

/** What one place says about a table's name; `schema` undefined where it says nothing. */
export interface TableNameSource {
  readonly table?: string | undefined
  readonly schema?: string | undefined
}

/**
 * Combines what is said in several places, the most important first: the first table wins. It is split at its first dot
 * (`app.mine`) unless a schema was said in the same place or in the first one; otherwise the first schema said anywhere
 * holds.
 */
export const combineTableNames = (
  sources: readonly TableNameSource[],
): { readonly table: string | undefined; readonly schema: string | undefined } => {
  const naming = sources.find(({ table }) => table !== undefined)
  const schema = sources.find((source) => source.schema !== undefined)?.schema
  const table = naming?.table
  if (table === undefined) return { table, schema }
  const toTheLetter = naming?.schema ?? sources[0]?.schema
  if (toTheLetter !== undefined) return { table, schema: sources[0]?.schema ?? toTheLetter }
  const dot = table.indexOf('.')
  if (dot === -1) return { table, schema }
  return { table: table.slice(dot + 1), schema: table.slice(0, dot) }
}
