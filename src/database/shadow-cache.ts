import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { byCodePoint } from '../order.ts'

/** How many data directories of one kind stay; each takes a few megabytes. */
const kept = 4

/** Data directories of the embedded Postgres, as files of a folder. */
export interface ShadowCache {
  /** Undefined when there is none, or it is damaged: then it is removed. */
  load(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Appears whole or not at all. A folder that cannot be written to is no error: the next start is slower. */
  save(name: string, data: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
}

/** @param folder undefined: nothing is kept */
export const openShadowCache = (folder: string | undefined): ShadowCache => {
  if (folder === undefined) return { load: async () => undefined, save: async () => {}, remove: async () => {} }
  const fileOf = (name: string): string => join(folder, `${name}.tar.gz`)
  const remove = (name: string): Promise<void> => rm(fileOf(name), { force: true }).catch(() => {})
  return {
    load: async (name) => {
      const packed = await readFile(fileOf(name)).catch(() => undefined)
      if (packed === undefined) return undefined
      try {
        return await promisify(gunzip)(packed)
      } catch {
        await remove(name)
        return undefined
      }
    },
    save: async (name, data) => {
      const unfinished = join(folder, `${name}.${randomBytes(6).toString('hex')}.tmp`)
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(unfinished, await promisify(gzip)(data, { level: 1 }))
        await rename(unfinished, fileOf(name))
        await removeOld(folder, name)
      } catch {
        await rm(unfinished, { force: true }).catch(() => {})
      }
    },
    remove,
  }
}

/** Of one kind (what stands before the first dash), the newest stay; so do files of others. */
const removeOld = async (folder: string, name: string): Promise<void> => {
  const kind = name.slice(0, name.indexOf('-') + 1)
  const files = (await readdir(folder))
    .filter((file) => file.startsWith(kind) && file.endsWith('.tar.gz'))
    .sort(byCodePoint)
  const dated = await Promise.all(files.map(async (file) => ({ file, time: (await stat(join(folder, file))).mtimeMs })))
  const old = dated.sort((a, b) => b.time - a.time).slice(kept)
  await Promise.all(old.map(({ file }) => rm(join(folder, file), { force: true })))
}
