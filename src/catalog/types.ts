/** A schema-qualified name, unquoted. */
export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** What the server says, as plain data. Built by `readCatalog`; sorted by schema and name, by code point. */
export interface Catalog {
  /** `server_version_num`, such as `180004`. */
  readonly serverVersion: number
  readonly database: string
  /** The schemas of the connection's search path that exist, in order: where an unqualified table name is looked up. */
  readonly searchPath: readonly string[]
  readonly currentUser: string
  readonly schemas: readonly string[]
  /** Every relation outside the system schemas: tables, partitioned tables, partitions, views, foreign tables. */
  readonly relations: readonly Relation[]
  /** All functions that some trigger of {@link relations} runs. */
  readonly functions: readonly StoredFunction[]
  /**
   * All functions outside the system schemas that take an instant (`timestamptz`), and nothing else, or two texts and tell
   * yes or no: among them those that versiongen writes.
   */
  readonly helperFunctions: readonly StoredFunction[]
  readonly sequences: readonly QualifiedName[]
  readonly roles: readonly Role[]
}

export interface Role {
  readonly name: string
  readonly superuser: boolean
  /** The roles it is a member of, directly. */
  readonly memberOf: readonly string[]
}

export type RelationKind = 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table'

export interface Relation extends QualifiedName {
  readonly oid: number
  readonly kind: RelationKind
  readonly owner: string
  readonly unlogged: boolean
  /** `pg_class.reltuples`: the planner's row estimate; -1 when never analyzed. */
  readonly estimatedRows: number
  readonly comment: string | null
  /** The partitioned table this is a partition of. */
  readonly partitionOf: QualifiedName | null
  /** Direct partitions of a partitioned table. */
  readonly partitions: readonly QualifiedName[]
  /** Parents by `INHERITS` (never a partitioned table). */
  readonly inherits: readonly QualifiedName[]
  /** Direct children by `INHERITS`. */
  readonly inheritedBy: readonly QualifiedName[]
  /** By attribute number. Dropped columns are left out. */
  readonly columns: readonly Column[]
  readonly primaryKey: PrimaryKey | null
  readonly foreignKeys: readonly ForeignKey[]
  /** `CHECK` and `EXCLUDE` constraints. */
  readonly checks: readonly Check[]
  /** Rewrite rules that are enabled, besides those of views. */
  readonly rules: readonly string[]
  readonly indexes: readonly Index[]
  readonly triggers: readonly Trigger[]
  readonly rowSecurity: RowSecurity
  readonly grants: readonly Grant[]
}

export interface Column {
  /** `attnum`: stays the same when the column is renamed. */
  readonly number: number
  readonly name: string
  readonly type: ColumnType
  readonly notNull: boolean
  /** The default expression as SQL, fully qualified; null when there is none or the column is generated. */
  readonly default: string | null
  readonly generated: 'stored' | 'virtual' | null
  readonly identity: 'always' | 'by default' | null
  /** The collation when it is not the type's own, quoted and qualified as SQL; else null. */
  readonly collation: string | null
  readonly comment: string | null
}

export interface ColumnType {
  /** `pg_type.oid`. */
  readonly oid: number
  /** The exact type as SQL: schema-qualified unless in pg_catalog, with typmod and `[]`: `character varying(60)`, `app.status[]`. */
  readonly sql: string
  readonly schema: string
  /** `pg_type.typname`: `varchar`, `_int4`. */
  readonly name: string
  readonly kind: 'base' | 'array' | 'domain' | 'enum' | 'composite' | 'range' | 'multirange' | 'pseudo'
  readonly modifier: number
  /** `attndims` of the column: what was written; 0 for a scalar. Postgres does not enforce it. */
  readonly dimensions: number
  /** The labels in order, when `kind` is `enum`, or `array` of one, or `domain` over one. */
  readonly enumLabels: readonly string[] | null
  /** The element type of an array, the base type of a domain, that of a range's bounds, a multirange's range; else null. */
  readonly of: ColumnType | null
  /** A domain that is `NOT NULL`, or over one that is. */
  readonly domainNotNull: boolean
  /** The attributes of a composite type, in order; null for other kinds. */
  readonly attributes: readonly { readonly name: string; readonly type: ColumnType }[] | null
  /** Whether the type has a default btree equality (`json`, `xml`, `point` have none). */
  readonly comparable: boolean
}

export interface PrimaryKey {
  readonly name: string
  /** Column names in key order. */
  readonly columns: readonly string[]
  readonly deferrable: boolean
}

export interface Check {
  readonly name: string
  /** As SQL: `CHECK (…)`. */
  readonly definition: string
}

export interface ForeignKey {
  readonly name: string
  /** Column names, pairwise with `references.columns`. */
  readonly columns: readonly string[]
  readonly references: QualifiedName & { readonly columns: readonly string[] }
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface Index {
  readonly name: string
  readonly method: string
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  /** Key columns in order; null stands for an expression. */
  readonly columns: readonly (string | null)[]
  readonly descending: readonly boolean[]
  /** The whole `CREATE INDEX …` statement. */
  readonly definition: string
  readonly partial: boolean
}

export interface Trigger {
  readonly name: string
  readonly enabled: 'origin' | 'always' | 'replica' | 'disabled'
  readonly timing: 'before' | 'after' | 'instead of'
  readonly level: 'row' | 'statement'
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[]
  /** Columns of `UPDATE OF`. */
  readonly columns: readonly string[]
  readonly oldTable: string | null
  readonly newTable: string | null
  readonly when: string | null
  readonly function: QualifiedName
  readonly arguments: readonly string[]
  /** The whole `CREATE TRIGGER …` statement, names qualified. */
  readonly definition: string
  /** Cloned from a partitioned parent's row trigger. */
  readonly inherited: boolean
}

export interface StoredFunction extends QualifiedName {
  readonly oid: number
  readonly owner: string
  readonly language: string
  /** `md5(prosrc)`, hexadecimal: the md5 of exactly what stands between the dollar quotes. */
  readonly bodyHash: string
  readonly securityDefiner: boolean
  /** As `CREATE FUNCTION` says it: `stable parallel safe`. */
  readonly behaviour: string
  readonly isHelper: boolean
  /** `proconfig`, sorted: `['search_path=pg_catalog, pg_temp']`. */
  readonly settings: readonly string[]
  readonly grants: readonly Grant[]
  readonly comment: string | null
}

export interface RowSecurity {
  readonly enabled: boolean
  readonly forced: boolean
  readonly policies: readonly Policy[]
}

export interface Policy {
  readonly name: string
  readonly permissive: boolean
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete'
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}

export interface Grant {
  /** A role, or `PUBLIC`. The owner's own rights are left out. */
  readonly grantee: string
  /** Sorted, upper case: `['INSERT', 'SELECT', 'UPDATE (name)']`, the last of a single column. */
  readonly privileges: readonly string[]
}
