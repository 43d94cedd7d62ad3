import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/**
 * The variables of `<root>/.env` that name a database: `DATABASE_URL` and `PG*`. The others are none of this program's
 * business (`FLYWAY_LOCATIONS` there is often a path inside a container).
 */
export const readDotenv = (root: string): Readonly<Record<string, string>> => {
  const file = join(root, '.env')
  if (!existsSync(file)) return {}
  const all = Object.entries(parseEnv(readFileSync(file, 'utf8')))
  const wanted = all.filter(([name]) => name === 'DATABASE_URL' || /^PG[A-Z]/.test(name))
  return Object.fromEntries(wanted.map(([name, value]) => [name, value ?? '']))
}
