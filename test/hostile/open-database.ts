import { connect } from '../../src/database/connect.ts'
import type { Database } from '../../src/database/types.ts'

export const openDatabase = (url: string): Promise<Database> =>
  connect({ kind: 'server', url }, { driver: 'pg', env: {} })
