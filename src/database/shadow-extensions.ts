import type { Extension, Extensions } from '@electric-sql/pglite'

/** Four extensions in one module. */
const spi = async (): Promise<Extension> => (await import('@electric-sql/pglite/contrib/moddatetime')).moddatetime

/** The extensions that PGlite carries, by their name in `CREATE EXTENSION`. */
const carried: ReadonlyMap<string, () => Promise<Extension>> = new Map<string, () => Promise<Extension>>([
  ['amcheck', async () => (await import('@electric-sql/pglite/contrib/amcheck')).amcheck],
  ['bloom', async () => (await import('@electric-sql/pglite/contrib/bloom')).bloom],
  ['btree_gin', async () => (await import('@electric-sql/pglite/contrib/btree_gin')).btree_gin],
  ['btree_gist', async () => (await import('@electric-sql/pglite/contrib/btree_gist')).btree_gist],
  ['citext', async () => (await import('@electric-sql/pglite/contrib/citext')).citext],
  ['cube', async () => (await import('@electric-sql/pglite/contrib/cube')).cube],
  ['dict_int', async () => (await import('@electric-sql/pglite/contrib/dict_int')).dict_int],
  ['dict_xsyn', async () => (await import('@electric-sql/pglite/contrib/dict_xsyn')).dict_xsyn],
  ['earthdistance', async () => (await import('@electric-sql/pglite/contrib/earthdistance')).earthdistance],
  ['file_fdw', async () => (await import('@electric-sql/pglite/contrib/file_fdw')).file_fdw],
  ['fuzzystrmatch', async () => (await import('@electric-sql/pglite/contrib/fuzzystrmatch')).fuzzystrmatch],
  ['hstore', async () => (await import('@electric-sql/pglite/contrib/hstore')).hstore],
  ['intarray', async () => (await import('@electric-sql/pglite/contrib/intarray')).intarray],
  ['isn', async () => (await import('@electric-sql/pglite/contrib/isn')).isn],
  ['lo', async () => (await import('@electric-sql/pglite/contrib/lo')).lo],
  ['ltree', async () => (await import('@electric-sql/pglite/contrib/ltree')).ltree],
  ['pageinspect', async () => (await import('@electric-sql/pglite/contrib/pageinspect')).pageinspect],
  ['pg_buffercache', async () => (await import('@electric-sql/pglite/contrib/pg_buffercache')).pg_buffercache],
  ['pg_freespacemap', async () => (await import('@electric-sql/pglite/contrib/pg_freespacemap')).pg_freespacemap],
  [
    'pg_stat_statements',
    async () => (await import('@electric-sql/pglite/contrib/pg_stat_statements')).pg_stat_statements,
  ],
  ['pg_surgery', async () => (await import('@electric-sql/pglite/contrib/pg_surgery')).pg_surgery],
  ['pg_trgm', async () => (await import('@electric-sql/pglite/contrib/pg_trgm')).pg_trgm],
  ['pg_visibility', async () => (await import('@electric-sql/pglite/contrib/pg_visibility')).pg_visibility],
  ['pg_walinspect', async () => (await import('@electric-sql/pglite/contrib/pg_walinspect')).pg_walinspect],
  ['pgcrypto', async () => (await import('@electric-sql/pglite/contrib/pgcrypto')).pgcrypto],
  ['seg', async () => (await import('@electric-sql/pglite/contrib/seg')).seg],
  ['tablefunc', async () => (await import('@electric-sql/pglite/contrib/tablefunc')).tablefunc],
  ['tcn', async () => (await import('@electric-sql/pglite/contrib/tcn')).tcn],
  ['tsm_system_rows', async () => (await import('@electric-sql/pglite/contrib/tsm_system_rows')).tsm_system_rows],
  ['tsm_system_time', async () => (await import('@electric-sql/pglite/contrib/tsm_system_time')).tsm_system_time],
  ['unaccent', async () => (await import('@electric-sql/pglite/contrib/unaccent')).unaccent],
  ['uuid-ossp', async () => (await import('@electric-sql/pglite/contrib/uuid_ossp')).uuid_ossp],
  ['autoinc', spi],
  ['insert_username', spi],
  ['moddatetime', spi],
  ['refint', spi],
])

/** What the words say when no quote or comment stands between them; `findExtensions` need not find more than that. */
const createExtension = /\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?(?:"((?:[^"]|"")+)"|([\w$-]+))/gi

/** The extensions these texts create and PGlite carries, sorted; those of `CASCADE` included. */
export const findExtensions = (texts: readonly string[]): string[] => {
  const named = texts.flatMap((text) =>
    [...text.matchAll(createExtension)].map(
      ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain.toLowerCase(),
    ),
  )
  const needed = named.flatMap((name) => (name === 'earthdistance' ? ['cube', name] : [name]))
  return [...new Set(needed)].filter((name) => carried.has(name)).sort()
}

/** The modules of these extensions, as PGlite takes them when it starts. */
export const loadExtensions = async (names: readonly string[]): Promise<Extensions> => {
  const loaded = await Promise.all(names.map(async (name) => [name, await carried.get(name)?.()] as const))
  return Object.fromEntries(loaded.flatMap(([name, module]) => (module === undefined ? [] : [[name, module] as const])))
}
