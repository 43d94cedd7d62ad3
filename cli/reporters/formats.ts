import { relative } from 'node:path'
import type { CheckReport } from '../../src/results.ts'
import type { Context } from '../context.ts'
import type { View } from './view.ts'

export type Format = 'text' | 'json' | 'github' | 'sarif' | 'junit'

export interface ReportView extends View {
  /** Annotations on code name files as seen from the root of the repository. */
  readonly repository: string
}

/** One check report in one format; each format is loaded when it is asked for. */
export const formatReport = async (
  format: Format | 'markdown',
  report: CheckReport,
  view: ReportView,
): Promise<string> => {
  switch (format) {
    case 'text':
      return (await import('./text.ts')).textReport(report, view)
    case 'json':
      return (await import('./json.ts')).jsonReport(report, view)
    case 'github':
      return (await import('./github.ts')).githubReport(report, { ...view, cwd: view.repository })
    case 'sarif':
      return (await import('./sarif.ts')).sarifReport(report, { ...view, cwd: view.repository })
    case 'junit':
      return (await import('./junit.ts')).junitReport(report, view)
    case 'markdown':
      return (await import('./markdown-summary.ts')).markdownSummary(report, view)
  }
}

/** `GITHUB_WORKSPACE` where it holds the working directory, else the working directory. */
export const repositoryOf = ({ cwd, env }: Pick<Context, 'cwd' | 'env'>): string => {
  const workspace = env['GITHUB_WORKSPACE']
  return workspace !== undefined && workspace !== '' && !relative(workspace, cwd).startsWith('..') ? workspace : cwd
}
