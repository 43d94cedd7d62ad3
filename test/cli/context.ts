import type { Context, Project } from '../../cli/context.ts'
import { run } from '../../cli/run.ts'

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const missing = (name: string) => (): never => {
  throw new Error(`the project's ${name} was not to be called`)
}

/** Runs the command line in this process, with a project that a test makes up. */
export const runInProcess = async (
  args: readonly string[],
  { project = {}, ...context }: Partial<Omit<Context, 'project'>> & { readonly project?: Partial<Project> } = {},
): Promise<Ran> => {
  let stdout = ''
  let stderr = ''
  const exitCode = await run(args, {
    cwd: '/project',
    env: {},
    home: '/home/me',
    now: () => new Date(0),
    interrupted: () => false,
    stdout: { write: (text) => void (stdout += text), isTerminal: false, columns: undefined },
    stderr: { write: (text) => void (stderr += text), isTerminal: false, columns: undefined },
    ...context,
    project: async () => ({
      generate: missing('generate'),
      check: missing('check'),
      status: missing('status'),
      renumber: missing('renumber'),
      verify: missing('verify'),
      ...project,
    }),
  })
  return { exitCode, stdout, stderr }
}
