import type { Settings } from './config/types.ts'
import { findClashes } from './flyway/branch.ts'
import type { AppliedMigration } from './flyway/types.ts'
import { describeClashes } from './plan/clash-findings.ts'
import { findFolderDrift } from './plan/folder-findings.ts'
import type { Finding } from './plan/types.ts'
import { readBase } from './read-base.ts'
import { readMigrations } from './read-project.ts'

/** The migrations folder, seen from the branch that it is to be merged into. */
export interface Branch {
  /** What is wrong with the folder, clashes with the base included; `ran`: what keeps its version. */
  findDrift(applied: readonly AppliedMigration[] | null, ran: readonly AppliedMigration[] | null): readonly Finding[]
}

export const readBranch = async (settings: Settings, base: string): Promise<Branch> => {
  const folder = await readMigrations(settings)
  const clashes = findClashes(folder, await readBase(settings, folder.config, base))
  const duplicates = new Set(
    clashes.filter(({ code }) => code === 'migration-duplicate').map(({ migration }) => migration.file),
  )
  // What the base makes clear is said once.
  const others = folder.problems.filter(
    ({ code, files }) => code !== 'migration-duplicate' || !files.some((file) => duplicates.has(file)),
  )
  return {
    findDrift: (applied, ran) => {
      const findings = describeClashes(clashes, base, ran)
      const said = new Set(findings.map(({ code, object }) => `${code} ${object}`))
      const drift = findFolderDrift({ ...folder, problems: others }, applied)
      return [...drift.filter(({ code, object }) => !said.has(`${code} ${object}`)), ...findings]
    },
  }
}
