import type { ErrorReport } from './report-error.ts'

export const formatJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** What `--json` prints when a command could not run. */
export const errorJson = (error: ErrorReport): string => formatJson({ ok: false, error })
