import { VersiongenError } from '../errors.ts'
import { parseProperties } from './properties.ts'

/** What the `.conf` file beside a migration says (Flyway's script configuration). */
export interface ScriptConfig {
  readonly executeInTransaction: boolean | undefined
  readonly placeholderReplacement: boolean | undefined
  readonly encoding: string | undefined
}

/** The settings of a migration without a `.conf` file. */
export const noScriptConfig: ScriptConfig = {
  executeInTransaction: undefined,
  placeholderReplacement: undefined,
  encoding: undefined,
}

/**
 * Reads `V1__x.sql.conf`.
 *
 * @throws VersiongenError `flyway-config` with file and line for what Flyway would refuse, too.
 */
export const parseScriptConfig = (text: string, file: string): ScriptConfig => {
  const values = new Map<string, string>()
  for (const { key, value, line } of parseProperties(text, file)) {
    const where = { file, line }
    if (!known.has(key)) {
      const hint = `Flyway knows ${[...known].join(', ')} here`
      throw new VersiongenError('flyway-config', `unknown setting ${JSON.stringify(key)}`, { where, hint })
    }
    if (/^(execute|placeholder)/.test(key) && !/^(true|false)$/i.test(value)) {
      throw new VersiongenError('flyway-config', `${key} is true or false, not ${JSON.stringify(value)}`, { where })
    }
    values.set(key, value)
  }
  const flag = (key: string): boolean | undefined => {
    const value = values.get(key)
    return value === undefined ? undefined : value.toLowerCase() === 'true'
  }
  return {
    executeInTransaction: flag('executeInTransaction'),
    placeholderReplacement: flag('placeholderReplacement'),
    encoding: values.get('encoding'),
  }
}

/** The text of a `.conf` file with these settings, or undefined when there is nothing to say. */
export const formatScriptConfig = ({
  executeInTransaction,
  placeholderReplacement,
}: Partial<Pick<ScriptConfig, 'executeInTransaction' | 'placeholderReplacement'>>): string | undefined => {
  const lines = [
    executeInTransaction === undefined ? [] : [`executeInTransaction=${executeInTransaction}\n`],
    placeholderReplacement === undefined ? [] : [`placeholderReplacement=${placeholderReplacement}\n`],
  ].flat()
  return lines.length === 0 ? undefined : lines.join('')
}

const known: ReadonlySet<string> = new Set([
  'executeInTransaction',
  'placeholderReplacement',
  'encoding',
  'shouldExecute',
])
