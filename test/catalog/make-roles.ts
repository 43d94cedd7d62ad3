import type { Database } from '../../src/database/types.ts'

/** The roles that the fixtures name. They belong to the whole server, where another test file may be making them too. */
export const makeRoles = (db: Database): Promise<void> =>
  db.script(`
    do $$ begin create role "catalog ""Reader"""; exception when duplicate_object or unique_violation then end $$;
    do $$ begin create role catalog_writer; exception when duplicate_object or unique_violation then end $$;
  `)
