import type pg from 'pg'
import { columns } from './mine.ts'
import { insertRow, parametersOf, setRegion, setUpdate } from './writes.ts'
import type { Session, Statement, Write } from './writes.ts'

/**
 * What an application can write by hand, without triggers: each statement writes the base table and its history. It is
 * the least work that leaves the same tables behind. It trusts that nobody else writes the row in the meantime, that
 * the values differ, and that the application knows which rows it has touched in this transaction.
 */
export const cteSession = (client: pg.Client): Session => ({
  client,
  run: async (writes) => {
    const [only, ...others] = writes
    if (only === undefined) return
    if (only.kind === 'copy') return copy(client, only.file)
    if (others.length === 0) return void (await client.query({ ...firstStatement(only), values: parametersOf(only) }))

    await client.query('begin')
    const touched = new Set<unknown>()
    let transaction: unknown
    for (const write of writes) {
      if (transaction === undefined) {
        const query = { ...firstStatement(write), values: parametersOf(write) }
        const { rows } = await client.query<{ transaction_id: string }>(query)
        transaction = rows[0]?.transaction_id
      } else if (write.kind === 'update') {
        const statement = touched.has(write.id) ? updateAgain : updateNext
        await client.query({ ...statement, values: [...parametersOf(write), transaction] })
      } else throw new Error(`no workload does ${write.kind} later in a transaction`)
      if (write.kind === 'update') touched.add(write.id)
    }
    await client.query('commit')
  },
})

type Single = Exclude<Write['kind'], 'copy'>

const firstStatement = (write: Write): Statement => {
  if (write.kind === 'copy') throw new Error('COPY comes alone')
  return write.kind === 'insert' && write.again ? insertAgain : first[write.kind]
}

const transaction = `t as (insert into transaction (issued_at, remote_addr, user_id)
  values (timezone('utc', clock_timestamp()), host(inet_client_addr()), null) returning id)`

const close = `c as (update mine_version as v set end_transaction_id = t.id from t
  where v.id = $1 and v.end_transaction_id is null)`

const record = (operation: number): string =>
  `insert into mine_version select w.*, t.id, null, ${operation} from w, t returning transaction_id`

/** The first or only write of a transaction. */
const first: Readonly<Record<Single, Statement>> = {
  update: {
    name: 'update',
    text: `with ${transaction}, w as (update mine ${setUpdate} where id = $1 returning *), ${close} ${record(1)}`,
  },
  // Closes nothing when the key is new: one look into the index.
  insert: { name: 'insert', text: `with ${transaction}, w as (${insertRow} returning *) ${record(0)}` },
  delete: {
    name: 'delete',
    text: `with ${transaction}, w as (delete from mine where id = $1 returning *), ${close} ${record(2)}`,
  },
  'update region': {
    name: 'update_region',
    text: `with ${transaction}, w as (update mine ${setRegion} where region = $1 returning *),
      c as (update mine_version as v set end_transaction_id = t.id from t, w
        where v.id = w.id and v.end_transaction_id is null),
      r as (${record(1)}) select count(*) from r`,
  },
  'insert select': {
    name: 'insert_select',
    text: `with ${transaction}, w as (insert into mine select * from mine_new returning *),
      r as (${record(0)}) select count(*) from r`,
  },
}

/** A key that was deleted before: its last version, the delete, ends now. */
const insertAgain: Statement = {
  name: 'insert_again',
  text: `with ${transaction}, w as (${insertRow} returning *), ${close} ${record(0)}`,
}

/** Another row, under the id that the first write has taken. */
const updateNext: Statement = {
  name: 'update_next',
  text: `with w as (update mine ${setUpdate} where id = $1 returning *),
    c as (update mine_version set end_transaction_id = $6 where id = $1 and end_transaction_id is null)
    insert into mine_version select w.*, $6::bigint, null, 1 from w`,
}

/** A row that this transaction has a version of. */
const updateAgain: Statement = {
  name: 'update_again',
  text: `with w as (update mine ${setUpdate} where id = $1 returning *)
    update mine_version as v set ${columns
      .slice(1)
      .map(([name]) => `${name} = w.${name}`)
      .join(', ')}
    from w where v.id = w.id and v.transaction_id = $6`,
}

/** COPY takes no CTE; the same file goes into both tables, with the id as the column's default. */
const copy = async (client: pg.Client, file: string): Promise<void> => {
  const names = columns.map(([name]) => name).join(', ')
  await client.query(`begin;
    insert into transaction (issued_at, remote_addr) values (timezone('utc', clock_timestamp()), host(inet_client_addr()));
    copy mine from '${file}';
    copy mine_version (${names}) from '${file}';
    commit`)
}

/** What {@link copy} relies on. */
export const cteDefaults = `
alter table mine_version alter transaction_id set default currval('transaction_id_seq'),
  alter operation_type set default 0;`
