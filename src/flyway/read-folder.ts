import type { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { byCodePoint } from '../order.ts'
import { checksumOfText, decodeMigration } from './checksum.ts'
import { noScriptConfig, parseScriptConfig, type ScriptConfig } from './conf.ts'
import { findDuplicates } from './duplicates.ts'
import { listFiles } from './list-files.ts'
import { parseLocation, scriptOf } from './location.ts'
import { parseMigrationName, type MigrationName } from './name.ts'
import { builtInPlaceholders, replacePlaceholders } from './placeholders.ts'
import type { FlywayConfig, FolderProblem, Migration, MigrationFolder } from './types.ts'
import { compareVersions } from './version.ts'

/**
 * Reads what Flyway would find in the configured locations: names, checksums, `.conf` files, and what is wrong with
 * them. Files that Flyway does not look at are not opened.
 *
 * @throws VersiongenError `flyway-location` for an unreadable folder, `flyway-config` for a bad `.conf` file,
 * `migration-unreadable` for a file without read permission.
 */
export const readFolder = async (config: FlywayConfig): Promise<MigrationFolder> => {
  const found = await findMigrations(config)
  const unreadable: FolderProblem[] = []
  const sorted = found.files.map((file) => readMigration(file, config, unreadable)).toSorted(compareMigrations)
  return { config, migrations: sorted, problems: [...found.problems, ...findDuplicates(sorted), ...unreadable] }
}

interface FoundFile {
  readonly file: string
  readonly location: string
  readonly script: string
  readonly name: MigrationName & { readonly valid: true }
  readonly hasConf: boolean
}

const findMigrations = async (
  config: FlywayConfig,
): Promise<{ readonly files: readonly FoundFile[]; readonly problems: readonly FolderProblem[] }> => {
  const files = new Map<string, FoundFile>()
  const problems = new Map<string, FolderProblem>()
  const lists = await Promise.all(config.locations.map((location) => listFiles(parseLocation(location).root)))
  for (const [index, location] of config.locations.entries()) {
    const parsed = parseLocation(location)
    const listed = new Set(lists[index])
    for (const file of listed) {
      const script = files.has(file) ? undefined : scriptOf(parsed, file)
      if (script === undefined) continue
      const name = parseMigrationName(basename(file), config)
      if (name === null) continue
      const problem = describeName(file, name, config)
      if (problem) problems.set(file, problem)
      if (!name.valid) continue
      files.set(file, { file, location, script, name, hasConf: listed.has(`${file}.conf`) })
    }
  }
  return { files: [...files.values()], problems: [...problems.values()] }
}

/** What `validateMigrationNaming` complains about; undo files are unknown to Flyway's free edition. */
const describeName = (file: string, name: MigrationName, config: FlywayConfig): FolderProblem | undefined => {
  const reason = name.valid
    ? name.kind === 'undo' && name.type === 'sql'
      ? 'is an undo migration, which only paid editions know'
      : undefined
    : name.reason
  if (reason === undefined) return undefined
  const effect = config.validateMigrationNaming ? 'Flyway refuses the folder' : 'Flyway skips it silently'
  const message = `${basename(file)} ${reason}; ${effect}`
  return { code: 'migration-name', message, files: [file], fatal: config.validateMigrationNaming }
}

const readMigration = (found: FoundFile, config: FlywayConfig, problems: FolderProblem[]): Migration => {
  const { file, location, script, name } = found
  const { kind, type, version, description } = name
  const conf = found.hasConf ? readScriptConfig(file) : noScriptConfig
  const { executeInTransaction, placeholderReplacement } = conf
  const text = kind === 'callback' || type === 'java' ? undefined : readText(file, conf, config, problems)
  const rawChecksum = text === undefined ? null : checksumOfText(text)
  const replaced =
    text !== undefined && kind === 'repeatable' && (placeholderReplacement ?? config.placeholderReplacement)
      ? replacePlaceholders(text, config, builtInPlaceholders(config, { script }))
      : undefined
  const checksum =
    replaced === undefined ? rawChecksum : replaced.unknown.length > 0 ? null : checksumOfText(replaced.text)
  return {
    kind,
    type,
    file,
    script,
    location,
    version,
    description,
    checksum,
    rawChecksum,
    executeInTransaction,
    placeholderReplacement,
  }
}

const readScriptConfig = (file: string): ScriptConfig => {
  const path = `${file}.conf`
  return parseScriptConfig(readBytes(path).toString('utf8'), path)
}

/** Undefined, with a problem noted, when the bytes are not in the encoding that is configured. */
const readText = (
  file: string,
  conf: ScriptConfig,
  config: FlywayConfig,
  problems: FolderProblem[],
): string | undefined => {
  const bytes = readBytes(file)
  const encoding = conf.encoding ?? config.encoding
  try {
    return decodeMigration(bytes, encoding)
  } catch (cause) {
    if (cause instanceof RangeError) {
      const where = { file: conf.encoding === undefined ? file : `${file}.conf` }
      throw new VersiongenError('flyway-config', `there is no encoding ${JSON.stringify(encoding)}`, { where, cause })
    }
    const message = `${basename(file)} is not in ${encoding}, so that Flyway cannot calculate its checksum`
    problems.push({ code: 'migration-name', message, files: [file], fatal: true })
    return undefined
  }
}

/** Synchronously: thousands of small files are read ten times faster than through promises. */
const readBytes = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new VersiongenError('migration-unreadable', `the migration cannot be read (${code})`, {
      where: { file },
      cause,
    })
  }
}

/** Callbacks by name; versioned by version, an equal baseline or undo file after it; repeatables by description. */
const compareMigrations = (a: Migration, b: Migration): number =>
  groups[a.kind] - groups[b.kind] ||
  (a.version && b.version ? compareVersions(a.version, b.version) : 0) ||
  (a.kind === 'repeatable' ? byCodePoint(a.description, b.description) : 0) ||
  kinds[a.kind] - kinds[b.kind] ||
  byCodePoint(a.script, b.script) ||
  byCodePoint(a.file, b.file)

const groups = { callback: 0, versioned: 1, baseline: 1, undo: 1, repeatable: 2 } as const
const kinds = { callback: 0, versioned: 1, baseline: 2, undo: 3, repeatable: 4 } as const
