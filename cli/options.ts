import type { Options } from 'yargs'

const place = 'Where things are:'
const output = 'Output:'

const text = { type: 'string', requiresArg: true } as const
const texts = { type: 'string', array: true, requiresArg: true } as const

/** What every command understands. */
export const commonOptions: Readonly<Record<string, Options>> = {
  url: {
    ...text,
    group: place,
    describe: 'Postgres URL; else DATABASE_URL, else the PG* variables, else those in .env',
  },
  shadow: {
    type: 'boolean',
    group: place,
    describe: 'Use a throw-away database built from the migrations; the default when no database is named',
  },
  driver: {
    choices: ['pg', 'postgres', 'pglite'],
    requiresArg: true,
    group: place,
    describe: 'Postgres driver; pg under Node, postgres under Deno, pglite for the shadow database',
  },
  models: { ...texts, group: place, describe: 'Globs of the files that hold models' },
  migrations: { ...texts, group: place, describe: "Flyway's folders; else as Flyway's own configuration says" },
  out: { ...text, group: place, describe: 'Folder for the accessors; src/history when there is a src' },
  config: {
    ...text,
    group: place,
    describe:
      'Configuration file; else versiongen.config.{ts,mts,js,mjs,json}, or "versiongen" in package.json or deno.json',
  },
  'dry-run': { type: 'boolean', group: output, describe: 'Print what would be written, and write nothing' },
  json: { type: 'boolean', group: output, describe: 'Print the result as one JSON document' },
  quiet: { type: 'boolean', group: output, describe: 'Print only what needs attention' },
  verbose: { type: 'boolean', group: output, describe: 'Print the stack and the causes of an error' },
  'no-color': { type: 'boolean', group: output, describe: 'No colours; so does the variable NO_COLOR' },
  help: { type: 'boolean', group: output, describe: 'Print this text; with a command, that of the command' },
  version: { type: 'boolean', group: output, describe: 'Print the version' },
}

/** Which tables a command works on. */
export const selectionOptions = (all: string): Record<'table' | 'all', Options> => ({
  table: {
    type: 'string',
    array: true,
    nargs: 1,
    requiresArg: true,
    group: 'Tables:',
    describe: 'Base table, such as mine or app.mine; may be repeated',
  },
  all: { type: 'boolean', group: 'Tables:', describe: all },
})
