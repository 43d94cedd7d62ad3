import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { continuumPackages, preparePython } from '../support/python.ts'

/** How SQLAlchemy-Continuum is set up. */
export interface Setup {
  readonly native: boolean
  readonly strategy: 'validity' | 'subquery'
  /** With the PropertyModTracker: a `_mod` flag for each column. */
  readonly modified: boolean
}

/** One write of a transaction. */
export type Write = readonly [
  operation: 'insert' | 'update' | 'delete',
  table: 'mine' | 'permit',
  key: number,
  values: Readonly<Record<string, unknown>>,
]

/** What Continuum says about one row. Values are JSON: decimals and times as texts. */
export interface Reading {
  readonly versions: readonly {
    readonly transaction: string
    readonly issued_at: string | null
    readonly remote_addr: string | null
    readonly operation: 'insert' | 'update' | 'delete'
    readonly data: Readonly<Record<string, unknown>>
    readonly changeset: Readonly<Record<string, readonly [unknown, unknown]>>
    readonly previous: string | null
    readonly next: string | null
  }[]
  /** By transaction: the version that held then. */
  readonly at: Readonly<Record<string, string | null>>
  /** The transactions of `all_versions`. */
  readonly linked: readonly string[]
  /** `count_versions` and the transactions of `row.versions`; null when the row is gone. */
  readonly count: number | null
  readonly own: readonly string[] | null
}

/** SQLAlchemy-Continuum in a process of its own: its code does what is asked of it. */
export interface Continuum {
  create(): Promise<void>
  /** Each step is one transaction. */
  write(steps: readonly (readonly Write[])[]): Promise<void>
  read(table: string, key: number): Promise<Reading>
  /** For each version of a mine, by transaction, id and number of the permits it had. */
  permits(key: number): Promise<Readonly<Record<string, readonly (readonly [number, string])[]>>>
  revert(table: string, key: number, transaction: string, relations: readonly string[]): Promise<void>
  /** From now on it only reads and reverts. */
  stop(): Promise<void>
}

export const withContinuum = async (
  url: string,
  setup: Setup,
  use: (continuum: Continuum) => Promise<void>,
): Promise<void> => {
  const python = await preparePython(continuumPackages)
  const script = fileURLToPath(new URL('continuum.py', import.meta.url))
  const address = url.replace('postgres://', 'postgresql+psycopg://')
  const child = spawn(python, [script, address, JSON.stringify(setup)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += String(chunk)))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const call = async <Result>(...command: readonly unknown[]): Promise<Result> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    const line = await answers.next()
    if (line.done === true) throw new Error(`SQLAlchemy-Continuum ended: ${complaints}`)
    const answer = JSON.parse(line.value) as { readonly result: Result } | { readonly error: string }
    if ('error' in answer) throw new Error(answer.error)
    return answer.result
  }
  try {
    await use({
      create: () => call('create'),
      write: (steps) => call('write', steps),
      read: (table, key) => call('read', table, key),
      permits: (key) => call('permits', key),
      revert: (table, key, transaction, relations) => call('revert', table, key, transaction, relations),
      stop: () => call('stop'),
    })
  } finally {
    child.stdin.end()
    await closed
  }
}
