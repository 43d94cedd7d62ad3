import type { Settings } from '../config/types.ts'
import type { JsonType } from './json-types.ts'
import type { AccessorName } from './names.ts'
import type { Relation } from './relations.ts'

/** How accessors are to look. `name` is what {@link nameAccessors} says among all tables. */
export interface RenderOptions extends Pick<Settings, 'values' | 'naming'> {
  readonly name?: AccessorName
  /** What {@link relateTables} says. */
  readonly relations?: readonly Relation[] | undefined
  /** What {@link findJsonTypes} says of the table. */
  readonly jsonTypes?: ReadonlyMap<string, JsonType> | undefined
  /** What {@link brandIds} says of the table. */
  readonly brands?: ReadonlyMap<string, AccessorName> | undefined
  /** How accessors import each other. */
  readonly importExtension?: Settings['importExtension']
}
