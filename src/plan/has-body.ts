import { createHash } from 'node:crypto'
import type { StoredFunction } from '../catalog/types.ts'

/** Whether a function has exactly this between its dollar quotes. */
export const hasBody = ({ bodyHash }: StoredFunction, { body }: { readonly body: string }): boolean =>
  bodyHash === createHash('md5').update(body).digest('hex')
