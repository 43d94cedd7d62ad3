import type { Paint } from '../paint.ts'

/** How a result is looked at. */
export interface View {
  /** Paths are shown as seen from here, absolute. */
  readonly cwd: string
  readonly paint: Paint
  /** Only what needs attention. */
  readonly quiet: boolean
}
