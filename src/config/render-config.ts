import type { DetectedProject, Orm } from './detect.ts'

/** The text of a first configuration file, with a comment on every choice, and the name it should have. */
export const renderConfig = (project: DetectedProject): { readonly name: string; readonly content: string } => {
  const { language, installed } = project
  const name = new Map([
    ['typescript', 'versiongen.config.ts'],
    ['module', 'versiongen.config.js'],
    ['commonjs', 'versiongen.config.mjs'],
  ]).get(language)
  const [head, open, close] = wrapping(language === 'typescript', installed)
  const lines = [...head, ...(head.length === 0 ? [] : ['']), open, ...indent(settingLines(project)), close, '']
  return { name: name ?? 'versiongen.config.ts', content: lines.join('\n') }
}

/** Without the package in the project, an import of it would fail; a type-only import is never followed. */
const wrapping = (typescript: boolean, installed: boolean): readonly [head: readonly string[], string, string] => {
  if (installed) return [["import { defineConfig } from 'versiongen/config'"], 'export default defineConfig({', '})']
  if (typescript) return [["import type { Config } from 'versiongen/config'"], 'export default {', '} satisfies Config']
  return [[], "/** @type {import('versiongen/config').Config} */\nexport default {", '}']
}

const settingLines = (project: DetectedProject): readonly string[] => {
  const blocks = [modelLines(project), migrationLines(project), outLines(project), databaseLines, defaultLines]
  return blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]))
}

const modelLines = ({ models, modelFiles, orm }: DetectedProject): readonly string[] => {
  if (models.length > 0) {
    const found = modelFiles.length === 1 ? '1 file' : `${modelFiles.length} files`
    return [`// The files that hold models: ${found} with __versioned__ at present.`, `models: ${list(models)},`]
  }
  return [
    '// The files that hold models. When left out, the whole project is searched.',
    ...(modelFiles.length > 0
      ? []
      : ['// None is marked yet; to mark one:', ...markExample(orm).map((line) => `//   ${line}`)]),
    "// models: 'src/models/**/*.ts',",
  ]
}

const markExample = (orm: Orm | undefined): readonly string[] => {
  switch (orm) {
    case 'typeorm':
    case 'mikro-orm':
      return ["@Entity({ name: 'mine' }) export class Mine { static __versioned__ = {}; … }"]
    case 'sequelize-typescript':
      return ["@Table({ tableName: 'mine' }) export class Mine extends Model { static __versioned__ = {}; … }"]
    case 'objection':
      return ["export class Mine extends Model { static tableName = 'mine'; static __versioned__ = {}; … }"]
    case 'drizzle':
      return ["import { versioned } from 'versiongen'", "export const mine = versioned(pgTable('mine', { … }))"]
    case 'kysely':
      return ['export interface MineTable { __versioned__?: {}; … }']
    case undefined:
      return ['export class Mine { static __versioned__ = {}; … }']
  }
}

const migrationLines = ({ flyway }: DetectedProject): readonly string[] => {
  const { sources, locations, versionedMigrations, latest, problem } = flyway
  if (problem !== undefined) return [`// Flyway's folders: ${oneLine(problem)}.`, "// migrations: 'db/migration',"]
  const files = versionedMigrations === 1 ? '1 versioned migration' : `${versionedMigrations} versioned migrations`
  const holds = latest === undefined ? files : `${files}, the last ${oneLine(latest)}`
  if (sources.length > 0)
    return [
      `// Flyway's folders are read from ${sources.map(oneLine).join(', ')}: ${holds}.`,
      `// migrations: ${list(locations)},`,
    ]
  return [`// Flyway's folders: ${holds}.`, `migrations: ${list(locations)},`]
}

const outLines = ({ out, importExtension }: DetectedProject): readonly string[] => [
  '// Where the accessors go, and how they import each other.',
  `out: ${text(out)},`,
  `importExtension: ${text(importExtension)},`,
]

const databaseLines: readonly string[] = [
  '// The database is the one that DATABASE_URL or the PG* variables name; without them, a throw-away one is built from',
  '// the migrations. To build one always:',
  '// shadow: true,',
]

const defaultLines: readonly string[] = [
  '// Defaults for every model. Each can be said in __versioned__ as well.',
  '// versioned: {',
  "//   versionTable: '%s_version',",
  "//   exclude: ['search_vector'],",
  '// },',
]

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => (line === '' ? '' : `  ${line}`))

const list = (values: readonly string[]): string =>
  values.length === 1 ? text(values[0] ?? '') : `[${values.map(text).join(', ')}]`

const text = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** For a comment: whatever a file may be called, the comment ends where the line does. */
const oneLine = (value: string): string => value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
