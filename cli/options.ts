/** The headings of the help text, in its order. */
export type Group = 'Tables' | 'Migrations' | 'Report' | 'Where things are' | 'Output'

/** An option of the command line. */
export type Option = {
  readonly group: Group
  readonly describe: string
} & (
  | { readonly kind: 'flag' }
  /** One value; `repeated`: one each time it is given; `list`: all that follow. */
  | { readonly kind: 'text' | 'repeated' | 'list'; /** What it is called in the help text. */ readonly value: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
)

export type Options = Readonly<Record<string, Option>>

const place = 'Where things are'
const output = 'Output'

/** What every command understands. */
export const commonOptions: Options = {
  url: {
    kind: 'text',
    value: 'URL',
    group: place,
    describe: 'The database; else DATABASE_URL, else the PG* variables, else those in .env',
  },
  shadow: {
    kind: 'flag',
    group: place,
    describe: 'Use a throw-away database built from the migrations; the default when none is named',
  },
  driver: {
    kind: 'choice',
    choices: ['pg', 'postgres', 'pglite'],
    group: place,
    describe: 'pg under Node, postgres under Deno, pglite for the throw-away database',
  },
  models: {
    kind: 'list',
    value: 'GLOB…',
    group: place,
    describe: 'Files that hold models; else all TypeScript and JavaScript here',
  },
  migrations: {
    kind: 'list',
    value: 'DIR…',
    group: place,
    describe: "Flyway's folders; else as Flyway's own configuration says",
  },
  out: { kind: 'text', value: 'DIR', group: place, describe: 'Folder for the accessors; else src/history, or history' },
  config: {
    kind: 'text',
    value: 'FILE',
    group: place,
    describe:
      'Configuration; else versiongen.config.{ts,mts,js,mjs,json}, or "versiongen" in package.json or deno.json',
  },
  'dry-run': { kind: 'flag', group: output, describe: 'Print what would be written, and write nothing' },
  json: { kind: 'flag', group: output, describe: 'Print the result as one JSON document' },
  quiet: { kind: 'flag', group: output, describe: 'Print only what needs attention' },
  verbose: { kind: 'flag', group: output, describe: 'Print the stack and the causes of an error' },
  'no-color': { kind: 'flag', group: output, describe: 'No colours; so does the variable NO_COLOR' },
  help: { kind: 'flag', group: output, describe: 'Print this text; with a command, that of the command' },
  version: { kind: 'flag', group: output, describe: 'Print the version' },
}

/** Which tables a command works on. */
export const selectionOptions = (all: string): Options => ({
  table: {
    kind: 'repeated',
    value: 'NAME',
    group: 'Tables',
    describe: 'A base table, such as mine or app.mine; may be repeated',
  },
  all: { kind: 'flag', group: 'Tables', describe: all },
})
