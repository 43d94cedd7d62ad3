import { cp, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { migrate } from '../support/migrate.ts'
import { runLine } from './drifting-project.ts'

/**
 * A new folder with the project of `fixtures/drift/in-sync`, its migrations and accessors as generated on an empty server.
 * All of them have run there in the end.
 */
export const makeInSync = async (db: TestDatabase & { readonly url: string }): Promise<string> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'versiongen-drift-')))
  await cp(fixtureUrl('drift/in-sync/'), folder, { recursive: true })
  await migrate(db, folder)
  const ran = await runLine('versiongen --all', folder, { DATABASE_URL: db.url })
  if (ran.exitCode !== 0) throw new Error(ran.stderr)
  await migrate(db, folder)
  return folder
}
