/** The ids of Flyway's callback events: a file named after one is a callback, never a migration. */
export const callbackEvents: readonly string[] = [
  ...pair('Clean'),
  ...pair('Migrate'),
  ...pair('EachMigrate'),
  ...pair('EachMigrateStatement'),
  'beforeRepeatables',
  'afterVersioned',
  'afterMigrateApplied',
  ...pair('Undo'),
  ...pair('EachUndo'),
  ...pair('EachUndoStatement'),
  ...pair('Validate'),
  ...pair('Baseline'),
  ...pair('Repair'),
  ...pair('Info'),
  'afterMigrateOperationFinish',
  'afterInfoOperationFinish',
  'createSchema',
  'beforeCreateSchema',
  'beforeConnect',
  'afterConnect',
]

function pair(name: string): readonly string[] {
  return [`before${name}`, `after${name}`, `after${name}Error`]
}
