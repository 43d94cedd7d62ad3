import type { GenerateResult } from '../../src/results.ts'
import { formatJson } from '../json.ts'
import { count, printable, printableLines } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { findingJson, tableJson } from './json.ts'
import { findingLines } from './text.ts'
import type { View } from './view.ts'

/** What was written, what to know, what to do next. With `--dry-run`, the files themselves. */
export const generateText = (result: GenerateResult, view: View): string => {
  const { files, dryRun, findings, nextSteps } = result
  const { paint, cwd, quiet } = view
  const shown = quiet ? findings.filter(({ severity }) => severity === 'error') : findings
  const notes = shown.length === 0 ? [] : [shown.flatMap((finding) => findingLines(finding, view)).join('\n')]
  if (dryRun && files.length > 0) {
    const printed = files.map(({ path, content }) =>
      [paint('cyan', `==> ${printable(relativePath(cwd, path))} <==`), printableLines(content)].join('\n'),
    )
    const sum = `${count(files.length, 'file')} would be written; nothing was`
    return join([...printed, ...notes, ...(quiet ? [] : [sum])])
  }
  if (quiet) return join(notes)
  if (files.length === 0) {
    const isCurrent = !findings.some(({ severity }) => severity === 'error')
    const current = `${tablesOf(result)} ${result.tables.length === 1 ? 'is' : 'are'} up to date; nothing was written`
    return join([...notes, isCurrent ? paint('green', current) : paint('yellow', 'nothing was written')])
  }
  const lines = files.map(({ path, replaces }) => {
    const mark = replaces ? paint('yellow', 'changed') : paint('green', 'new    ')
    return `  ${mark}  ${printable(relativePath(cwd, path))}`
  })
  const written = [`${paint('bold', `wrote ${count(files.length, 'file')}`)} for ${tablesOf(result)}`, ...lines]
  const steps = nextSteps.map((step, index) => `  ${index + 1}. ${printable(step)}`)
  return join([
    written.join('\n'),
    ...notes,
    ...(steps.length === 0 ? [] : [[paint('bold', 'next'), ...steps].join('\n')]),
  ])
}

/** Whether something is wrong that generating mends neither now nor once its migrations have run. */
export const leavesErrors = ({ findings }: GenerateResult): boolean =>
  findings.some(({ severity, code }) => severity === 'error' && code !== 'migration-pending')

export const generateJson = (result: GenerateResult, view: Pick<View, 'cwd'>): string =>
  formatJson({
    ok: !leavesErrors(result),
    dryRun: result.dryRun,
    tables: result.tables.map((table) => tableJson(table, view)),
    files: result.files.map(({ kind, path, content, replaces }) => ({
      kind,
      path: relativePath(view.cwd, path),
      replaces,
      ...(result.dryRun ? { content } : {}),
    })),
    findings: result.findings.map(findingJson),
    nextSteps: result.nextSteps,
  })

/** The table's name where it is one, else how many. */
const tablesOf = ({ tables: [first, ...more] }: GenerateResult): string =>
  first !== undefined && more.length === 0
    ? printable(first.table)
    : count(first === undefined ? 0 : 1 + more.length, 'table')

/** Blocks with an empty line between. */
const join = (blocks: readonly string[]): string =>
  blocks.length === 0 ? '' : `${blocks.map((block) => block.replace(/\n$/, '')).join('\n\n')}\n`
