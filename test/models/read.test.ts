import { readdirSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { formatPlace, VersiongenError } from '../../src/errors.ts'
import { defaultPatterns } from '../../src/models/discover.ts'
import { readModels } from '../../src/models/read.ts'
import type { Model, ModelProperty } from '../../src/models/types.ts'
import { fixtureUrl, matchFixture } from '../support/fixture.ts'

const folder = fileURLToPath(fixtureUrl('models/'))

const describeExported = ({ exported }: ModelProperty): string =>
  exported === undefined ? '' : ` (${exported.name}${exported.list ? '[]' : ''} of ${basename(exported.file)})`

const describeProperty = (property: ModelProperty): string => describeColumn(property) + describeExported(property)

const describeColumn = ({ name, columnName, explicit, type, file, line, column }: ModelProperty): string =>
  `${file === undefined ? '' : `${basename(file)}:`}${line}:${column} ${name}${explicit ? ` = ${columnName}` : ''}${type === undefined ? '' : `: ${type}`}`

const describe = async (root: string): Promise<unknown> => {
  const within = (file: string): string => relative(root, file).replaceAll(sep, '/')
  const place = (where: { file?: string; line?: number; column?: number }): string =>
    formatPlace({ ...where, file: within(where.file ?? '') })
  const describeModel = ({ name, kind, exported, schema, table, options, properties, ...at }: Model): unknown => ({
    at: place(at),
    name,
    kind,
    exported,
    schema: schema ?? null,
    table,
    options,
    properties: properties.map(describeProperty),
  })
  try {
    const { models, searched, parsed } = await readModels({ root, patterns: defaultPatterns })
    return { searched, parsed: parsed.map(within).sort(), models: models.map(describeModel) }
  } catch (error) {
    if (!(error instanceof VersiongenError)) throw error
    const all: readonly unknown[] = error.cause instanceof AggregateError ? error.cause.errors : [error]
    return {
      errors: all.map((each) => {
        if (!(each instanceof VersiongenError)) throw each
        return { at: place(each.where ?? {}), code: each.code, message: each.message, hint: each.hint }
      }),
    }
  }
}

for (const name of readdirSync(folder).sort()) {
  test(name, async () => {
    const found = await describe(`${folder}${name}`)
    await matchFixture(`${JSON.stringify(found, undefined, 2)}\n`, `models/${name}/expected.json`)
  })
}

test.run()
