import { dirname } from 'node:path'
import { parseLocation } from './location.ts'
import type { MigrationFolder } from './types.ts'

/**
 * The folder new migrations belong in, absolute: where the highest versioned SQL file is, in whichever location and
 * sub-folder; without any, the first location.
 */
export const findTargetFolder = ({ config, migrations }: MigrationFolder): string | undefined => {
  const highest = migrations.findLast(({ kind, type }) => kind === 'versioned' && type === 'sql')
  if (highest) return dirname(highest.file)
  const first = config.locations[0]
  return first === undefined ? undefined : parseLocation(first).root
}
