import type {
  CheckReport,
  GenerateResult,
  Note,
  Progress,
  RenumberResult,
  Selection,
  StatusRow,
  VerifyEvent,
} from '../src/results.ts'
import type { Settings } from '../src/config/types.ts'

/** 0 done or in sync, 1 drift, 2 could not run; 130 interrupted by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130

/** Standard output or standard error. */
export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** Width of the terminal; undefined when it is none. */
  readonly columns: number | undefined
}

/** All that a command takes from the process it runs in. */
export interface Context {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string | undefined
  readonly now: () => Date
  readonly stdout: Output
  readonly stderr: Output
  /** Whether Ctrl-C was pressed: work stops at its next step. */
  readonly interrupted: () => boolean
  /** Loads what does the work, when there is work to do. */
  readonly project: () => Promise<Project>
}

/** The functions of `src/project.ts` that the commands call. */
export interface Project {
  generate(settings: Settings, selection: Selection, options: GenerateOptions): Promise<GenerateResult>
  check(settings: Settings, selection: Selection, options: CheckOptions): Promise<CheckReport>
  status(settings: Settings, selection: Selection, options: ReadOptions): Promise<readonly StatusRow[]>
  renumber(settings: Settings, options: RenumberOptions): Promise<RenumberResult>
  verify(settings: Settings, selection: Selection, options: ReadOptions): AsyncIterable<VerifyEvent>
}

export interface ReadOptions {
  readonly progress?: Progress
  readonly note?: Note
}

export interface CheckOptions extends ReadOptions {
  readonly base?: string | undefined
  readonly offline?: boolean
  readonly against?: boolean
}

export interface RenumberOptions {
  readonly files: readonly string[]
  readonly base: string | undefined
  readonly dryRun: boolean
  readonly now: Date
}

export interface GenerateOptions extends ReadOptions {
  readonly dryRun: boolean
  readonly force: boolean
  readonly catchUp: boolean
  readonly now: Date
}
