/** Sixty-three bytes, the most Postgres keeps; they differ only in the last. */
const longNames = ['a', 'b', 'é'.normalize('NFD').slice(1)].map((end) =>
  'x'.repeat(63 - new TextEncoder().encode(end).length).concat(end),
)

/** What breaks out of quotes, comments, templates and dollar quotes, what sorts or prints oddly, and what JavaScript owns. */
export const awkwardNames: readonly string[] = [
  `it's`,
  'say "hi"',
  '""',
  `'`,
  '${x}',
  '${flyway:timestamp}',
  '$$',
  '$versiongen$',
  '$versiongen2$',
  '$1',
  '*/ drop',
  '/* open',
  '--',
  '-- note',
  'new\nline',
  '\r\n',
  'tab\tbed',
  ' ',
  ' leading and trailing ',
  'back\\slash',
  '\\',
  '`tick`',
  '100%',
  '%s',
  '%I',
  'a.b',
  '.',
  'semi;colon',
  '🌋',
  'e\u0301',
  '\u00e9',
  'שלום',
  '\u202eevil',
  'Straße',
  'ΔΕΛΤΑ',
  'Mine',
  'MINE',
  'mine',
  'mi ne',
  'mi_ne',
  'mi-ne',
  '1st',
  '_',
  '__',
  ':name',
  '?',
  '@x',
  '<script>',
  '&amp;',
  '{}',
  '[]',
  '()',
  '#',
  '!',
  '|',
  '~',
  '\u0001',
  '\u2028',
  ...longNames,
]

/** Reserved words of SQL and of JavaScript, properties every object has, files with a meaning of their own. */
export const takenNames: readonly string[] =
  `select from table user order group end null true default check primary constraint window
  class enum await yield import export this arguments eval undefined let static
  constructor __proto__ toString valueOf hasOwnProperty prototype length name then toJSON
  index con nul aux mod history types transaction flyway_schema_history`.split(/\s+/)

/** Every alias, variable and column that generated SQL could mistake for a column of the table. */
export const internalNames: readonly string[] =
  `tx own state touch n v w t g i x r b l u y one missing touched replaced id op image last_row last_tx last_end last_op
  last_id new_id done stale simple closed recorded touched_rows key_matches same ahead xmin1 new_row old_row
  nested rekeyed unrecorded transaction end_id operation issued_at remote_addr user_id next_id previous_id problems
  versiongen row result c1 c2 record value count ctid_ tableoid_ current_row ahead_ b_ v_`.split(/\s+/)

/** What a trigger function has names for already. */
export const plpgsqlNames: readonly string[] =
  `live new old found tg_op tg_relid tg_name tg_when tg_level tg_nargs tg_argv tg_table_name tg_table_schema tg_relname sqlstate sqlerrm`.split(
    /\s+/,
  )
