import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import { resolveSettings } from '../../src/config/resolve-settings.ts'
import { validateConfig } from '../../src/config/validate-config.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

test('types of json columns: files are relative to the configuration, packages stay what they are', () => {
  const settings = resolveSettings({
    cwd: '/elsewhere',
    env: {},
    configFile: '/project/versiongen.config.ts',
    config: {
      types: {
        mine: {
          geom: { import: './src/geo.ts', name: 'Geo' },
          shape: { import: 'geojson', name: 'Geometry' },
          scoped: { import: '@types/geojson', name: 'Geometry' },
        },
        'app.permit': { detail: { import: '/shared/detail.ts', name: 'default' } },
      },
    },
  })
  assert.equal(
    settings.types?.map(({ table, column, package: from, file, name }) => [table, column, from ?? file, name]),
    [
      ['mine', 'geom', '/project/src/geo.ts', 'Geo'],
      ['mine', 'shape', 'geojson', 'Geometry'],
      ['mine', 'scoped', '@types/geojson', 'Geometry'],
      ['app.permit', 'detail', '/shared/detail.ts', 'default'],
    ],
  )
  assert.is(settings.brandedIds, false)
  assert.equal(resolveSettings({ cwd: '/project', env: {} }).types, [])
  assert.is(resolveSettings({ cwd: '/project', env: {}, config: { brandedIds: true } }).brandedIds, true)
})

const refusals: readonly [config: unknown, message: RegExp, hint: string | undefined][] = [
  [{ types: { mine: { geom: { from: './geo.ts', name: 'Geo' } } } }, /types\.mine\.geom\.import/, undefined],
  [
    { types: { mine: { geom: { import: './geo.ts', name: 'Geo', nmae: 'x' } } } },
    /unknown setting "types\.mine\.geom\.nmae"/,
    'did you mean name?',
  ],
  [
    { types: { mine: { geom: { import: './geo.ts', name: 'Geo }; evil()' } } } },
    /types\.mine\.geom\.name must be a name that a module can export/,
    undefined,
  ],
  [{ types: { mine: { geom: { import: '', name: 'Geo' } } } }, /import must be a text that is not empty/, undefined],
  [{ types: { mine: './geo.ts' } }, /types\.mine must be an object/, undefined],
  [{ brandedIds: 'yes' }, /brandedIds must be true or false, not 'yes'/, undefined],
]

for (const [config, message, hint] of refusals) {
  test(`refused: ${JSON.stringify(config)}`, () => {
    const error = (() => {
      try {
        return validateConfig(config, '/project/versiongen.config.ts')
      } catch (thrown) {
        return thrown
      }
    })()
    assert.instance(error, VersiongenError)
    assert.is((error as VersiongenError).code, 'config-invalid')
    assert.match((error as VersiongenError).message, message)
    if (hint !== undefined) assert.is((error as VersiongenError).hint, hint)
  })
}

test('refused: a file that is not there', () =>
  withTemporaryFolder(async (cwd) => {
    const load = async (from: string): Promise<unknown> => {
      const config = { types: { mine: { geom: { import: from, name: 'Geo' } } } }
      await writeFile(join(cwd, 'versiongen.config.json'), JSON.stringify(config))
      return loadSettings({ cwd, env: {} }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    }
    await mkdir(join(cwd, 'src'))
    await writeFile(join(cwd, 'src/geo.ts'), 'export type Geo = string\n')
    for (const there of ['./src/geo.ts', './src/geo.js', './src/geo', join(cwd, 'src/geo.ts'), 'geojson'])
      assert.is(await load(there), undefined, there)
    const error = await load('./src/goe.ts')
    assert.ok(error instanceof VersiongenError)
    assert.is(error.code, 'config-invalid')
    assert.is(error.message, 'types.mine.geom.import names src/goe.ts, and there is no such file')
    assert.is(error.where?.file, join(cwd, 'versiongen.config.json'))
  }))

test.run()
