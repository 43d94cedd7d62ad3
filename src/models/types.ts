/** A TypeScript declaration that carries `__versioned__`, read without running it. */
export interface Model {
  /** The name of the class, interface, type alias or variable. */
  readonly name: string
  readonly kind: 'class' | 'interface' | 'type' | 'drizzle'
  /** Absolute path. */
  readonly file: string
  /** Of the `__versioned__` declaration, or of the call of `versioned`; 1-based. */
  readonly line: number
  readonly column: number
  /** Whether the declaration is exported from its file under {@link name} (`default`: under `default`). */
  readonly exported: 'named' | 'default' | null
  /** Undefined: looked up along the connection's search path. */
  readonly schema: string | undefined
  readonly table: string
  readonly options: VersionedOptions
  /** Column-like properties the model declares; empty when none can be read from its syntax. */
  readonly properties: readonly ModelProperty[]
}

export interface ModelProperty {
  /** As written in TypeScript. */
  readonly name: string
  /** The column it stands for: from a decorator or Drizzle argument, else the property's own name. */
  readonly columnName: string
  /** Whether {@link columnName} was said explicitly; a derived one may be subject to the ORM's naming strategy. */
  readonly explicit: boolean
  /** The type as written, such as `string | null`; undefined when there is none, or when an ORM converts its values. */
  readonly type: string | undefined
  /** Where others can import that type from; absent unless that is certain. */
  readonly exported?: ExportedType
  /** Absolute; where it is declared in another file than the model, as by a base class. */
  readonly file?: string
  readonly line: number
  readonly column: number
}

/** An interface or a type that a file of the project exports. */
export interface ExportedType {
  /** Absolute. */
  readonly file: string
  /** As it is exported; `default` is one. */
  readonly name: string
  /** Whether the property is an array of it. */
  readonly list: boolean
}

/** The value of `__versioned__`, checked: only known keys, only literals. All optional. */
export interface VersionedOptions {
  readonly table?: string
  readonly schema?: string
  /** The version table's name; `%s` stands for the base table's. May carry a schema: `audit.%s_version`. */
  readonly versionTable?: string
  readonly exclude?: readonly string[]
  readonly include?: readonly string[]
  readonly strategy?: 'validity' | 'subquery'
  readonly transactionColumn?: string
  readonly endTransactionColumn?: string
  readonly operationColumn?: string
  readonly trackModified?: boolean
  readonly writer?: 'trigger' | 'orm'
  readonly context?: 'allow' | 'warn' | 'refuse'
  /** Whether to record what logical replication applies to this table. */
  readonly replication?: 'ignore' | 'record'
  /** `{ old: 'new' }`, column names. */
  readonly renamed?: Readonly<Record<string, string>>
  readonly indexes?: 'minimal' | 'continuum'
}
