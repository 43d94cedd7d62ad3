import type { DetectedProject } from '../../src/config/detect.ts'
import { formatJson } from '../json.ts'
import { count, printable, printableLines } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import type { View } from './view.ts'

export interface WrittenConfig {
  /** Absolute. */
  readonly path: string
  readonly content: string
  readonly dryRun: boolean
}

/** What was found, what was written, what to do next. */
export const initText = (project: DetectedProject, { path, content, dryRun }: WrittenConfig, view: View): string => {
  const { paint, cwd, quiet } = view
  const name = printable(relativePath(cwd, path))
  if (dryRun) return [paint('cyan', `==> ${name} <==`), printableLines(content)].join('\n')
  if (quiet) return ''
  const { flyway, modelFiles, orm, installed } = project
  const found = [
    flyway.problem === undefined
      ? `${count(flyway.versionedMigrations, 'versioned migration')} in ${flyway.locations.join(', ')}`
      : flyway.problem,
    `${count(modelFiles.length, 'file')} with __versioned__${orm === undefined ? '' : `, ${orm}`}`,
  ]
  const steps = [
    ...(installed ? [] : ['npm install versiongen']),
    ...(flyway.problem === undefined ? [] : [`name Flyway's folder in ${name}: migrations`]),
    ...(modelFiles.length > 0 ? [] : [`mark a model with __versioned__ (${name} shows how)`]),
    'npx versiongen --table NAME --dry-run',
  ]
  return [
    `${paint('green', 'wrote')} ${name}`,
    ...found.map((line) => `  found ${printable(line.replace(/^found /, ''))}`),
    '',
    paint('bold', 'next'),
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    '',
  ].join('\n')
}

export const initJson = (project: DetectedProject, { path, content, dryRun }: WrittenConfig, { cwd }: View): string => {
  const { root: _root, ...found } = project
  return formatJson({ ok: true, dryRun, file: relativePath(cwd, path), content, found })
}
