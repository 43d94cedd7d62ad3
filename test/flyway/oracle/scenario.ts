import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixtureUrl } from '../../support/fixture.ts'

/** One line of a `scenario.txt`: `add V1__a.sql select 1;`, `migrate outOfOrder=true`, `setting schemas=app`, … */
export interface Step {
  readonly verb: string
  readonly rest: string
}

export interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
  /** Flyway settings without `flyway.`. */
  readonly settings: Readonly<Record<string, string>>
  /** What the real Flyway made of it, relative to `fixtures/`. */
  readonly recorded: string
}

/** All of `fixtures/flyway/states/`. */
export const readScenarios = async (): Promise<readonly Scenario[]> => {
  const root = fileURLToPath(fixtureUrl('flyway/states/'))
  const names = (await readdir(root)).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(root, name, 'scenario.txt'), 'utf8')
      const steps = text.split('\n').flatMap((line) => {
        const found = /^(\w+) ?(.*)$/.exec(line)
        return found ? [{ verb: found[1] ?? '', rest: found[2] ?? '' }] : []
      })
      const settings = parseSettings(steps.filter(({ verb }) => verb === 'setting').map(({ rest }) => rest))
      return { name, steps, settings, recorded: `flyway/states/${name}/recorded.txt` }
    }),
  )
}

export const parseSettings = (items: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    items
      .filter((item) => item !== '')
      .map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)]),
  )

/** With `{root}` for the folder that holds `sql`. */
export const settingsIn = (
  root: string,
  settings: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value.replaceAll('{root}', root)]))

/** Does what the step says to the folder; false for a step that is about the database. */
export const applyToFolder = async ({ verb, rest }: Step, folder: string): Promise<boolean> => {
  const split = splitName(rest)
  switch (verb) {
    case 'setting':
      return true
    case 'add':
    case 'edit':
      await mkdir(dirname(join(folder, split.name)), { recursive: true })
      await writeFile(join(folder, split.name), unescape(split.text ?? `select '${split.name.replaceAll("'", '')}';\n`))
      return true
    case 'remove':
      await rm(join(folder, rest))
      return true
    case 'rename':
      await mkdir(dirname(join(folder, split.text ?? '')), { recursive: true })
      await rename(join(folder, split.name), join(folder, split.text ?? ''))
      return true
    default:
      return false
  }
}

/** A file name may hold spaces: it ends where its extension does. */
const splitName = (rest: string): { readonly name: string; readonly text: string | undefined } => {
  const found = /^(.*?\.(?:sql|SQL|ddl|DDL|sh|py|txt|conf|tmpl)(?:\.conf|\.tmpl)?|\S+)(?: (.*))?$/.exec(rest)
  return { name: found?.[1] ?? rest, text: found?.[2] }
}

const unescape = (text: string): string =>
  text.replace(/\\(?:n|r|u([0-9A-F]{4}))/g, (escape, code: string | undefined) =>
    code === undefined ? (escape === '\\n' ? '\n' : '\r') : String.fromCharCode(Number.parseInt(code, 16)),
  )
