import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readModels } from '../../src/models/read.ts'
import type { Model } from '../../src/models/types.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const column = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 15 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      '${x}',
      '*/',
      '$$',
      '`',
      '"',
      "'",
      '\n',
      '\u2028',
      '\\',
      'é',
    ),
  )
  .filter((name) => !name.includes('\0') && Buffer.byteLength(name) <= 63)

const readOne = (text: string): Promise<Model> =>
  withTemporaryFolder(async (root) => {
    await writeFile(join(root, 'mine.ts'), text)
    const { models } = await readModels({ root, patterns: ['*.ts'] })
    assert.is(models.length, 1)
    return models[0] as Model
  })

test('reads any name to the letter', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(column, { minLength: 2, maxLength: 6 }), async (names) => {
      const [table, schema, ...exclude] = names
      const renamed = Object.fromEntries(exclude.map((name, index) => [name, `new ${index}`]))
      const pairs = Object.entries(renamed).map(([old, name]) => `[${JSON.stringify(old)}]: ${JSON.stringify(name)}`)
      const { options, ...model } = await readOne(
        `export class Mine { static __versioned__ = { table: ${JSON.stringify(table)}, schema: ${JSON.stringify(schema)},
          exclude: ${JSON.stringify(exclude)}, renamed: { ${pairs.join(', ')} } } }`,
      )
      assert.is(model.table, table)
      assert.is(model.schema, schema)
      assert.equal(options.exclude, exclude)
      assert.equal(Object.entries(options.renamed ?? {}), Object.entries(renamed))
    }),
    { numRuns: 30 },
  ))

test('reads every option', async () => {
  const options = {
    table: 'mine',
    schema: 'app',
    versionTable: 'audit.%s_history',
    exclude: ['geom'],
    include: ['mine_guid', 'mine_name'],
    strategy: 'subquery',
    transactionColumn: 'tx',
    endTransactionColumn: 'end_tx',
    operationColumn: 'op',
    trackModified: false,
    writer: 'orm',
    context: 'warn',
    renamed: { old: 'new' },
    indexes: 'continuum',
  }
  const written = JSON.stringify(options)
  assert.equal((await readOne(`export class Mine { static __versioned__ = ${written} }`)).options, options)
  assert.equal((await readOne(`export interface Mine { __versioned__?: ${written} }`)).options, options)
  assert.equal((await readOne(`export type Mine = { '__versioned__': ${written} }`)).options, options)
  const drizzle = `import { versioned } from 'versiongen'; export const mine = versioned(table(), ${written})`
  assert.equal((await readOne(drizzle)).options, options)
})

test.run()
