import type { Change } from './changes.ts'
import type { Place } from '../errors.ts'
import { versionCommand } from './command.ts'
import type { DriftCode, Finding, Severity, VersionedTable } from './types.ts'

/** What was found about one table's history, and what brings it in line. */
export interface Comparison {
  readonly table: VersionedTable
  readonly changes: readonly Change[]
  readonly findings: readonly Finding[]
}

/** Collects a {@link Comparison}. */
export class Report {
  readonly #table: VersionedTable
  readonly #changes: Change[] = []
  readonly #findings: Finding[] = []

  constructor(table: VersionedTable) {
    this.#table = table
  }

  /** @param found.fix the command that repairs it, by default `versiongen --table …`; null when a person has to decide */
  drift(
    code: DriftCode,
    object: string,
    found: {
      readonly message: string
      readonly expected?: string | null
      readonly actual?: string | null
      readonly severity?: Severity
      readonly fix?: string | null
      readonly change?: Change
      /** By default the mark of the model; what is left out is the model's. */
      readonly where?: Place
    },
  ): void {
    const { file, line, column } = this.#table.model
    this.#findings.push({
      code,
      severity: found.severity ?? 'error',
      object,
      expected: found.expected ?? null,
      actual: found.actual ?? null,
      message: found.message,
      fix: found.fix === undefined ? versionCommand(this.#table.base) : found.fix,
      where: { file, line, column, ...found.where },
    })
    if (found.change !== undefined) this.add(found.change)
  }

  /** A change that goes without saying: part of repairing something else. */
  add(change: Change): void {
    const text = JSON.stringify(change)
    if (!this.#changes.some((known) => JSON.stringify(known) === text)) this.#changes.push(change)
  }

  get changes(): readonly Change[] {
    return this.#changes
  }

  comparison(): Comparison {
    return { table: this.#table, changes: this.#changes, findings: this.#findings }
  }
}
