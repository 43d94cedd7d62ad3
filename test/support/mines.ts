import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixtureUrl } from './fixture.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Copies `fixtures/mines` into an empty folder, where `versiongen` resolves to this source. */
export const copyMines = async (folder: string): Promise<void> => {
  await cp(fixtureUrl('mines/'), folder, { recursive: true })
  await linkVersiongen(folder)
}

/** Makes `import … from 'versiongen/history'` and the like work in a folder outside the repository, without a build. */
export const linkVersiongen = async (folder: string): Promise<void> => {
  const installed = join(folder, 'node_modules/versiongen')
  await mkdir(installed, { recursive: true })
  await symlink(join(root, 'src'), join(installed, 'src'))
  const manifest = {
    name: 'versiongen',
    type: 'module',
    exports: { '.': './src/mod.ts', './history': './src/history/mod.ts', './config': './src/config/mod.ts' },
  }
  await writeFile(join(installed, 'package.json'), JSON.stringify(manifest))
}
