import type pg from 'pg'
import type { TableDescriptor } from '../../src/history/mod.ts'

export const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 'item' },
  versionTable: { schema: 'public', name: 'item_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['id'],
  columns: [
    { name: 'id', codec: 'number', cast: 'int4', required: true },
    { name: 'name', codec: 'text', cast: 'text' },
    { name: 'status', codec: 'text', cast: 'text' },
  ],
}

export interface Item {
  readonly id: number
  readonly name: string | null
  readonly status: string | null
}

/** `rows` rows, each changed in turn until it has so many versions; one transaction a second from the start of 2020. */
export interface Size {
  readonly rows: number
  readonly versions: number
}

export const fillTables = async (client: pg.Client, { rows, versions }: Size): Promise<void> => {
  const transactions = rows * versions
  await client.query(`
    create table transaction (id bigint primary key, issued_at timestamptz not null, remote_addr text, user_id text);
    create table item (id int primary key, name text, status text);
    create table item_version (id int, name text, status text, transaction_id bigint, end_transaction_id bigint,
      operation_type smallint not null, primary key (id, transaction_id));
    insert into transaction select n, '2020-01-01'::timestamptz + n * interval '1 second', '192.0.2.1', 'user' || n % 100
      from generate_series(1, ${transactions}) as n;
    insert into item_version select n % ${rows}, 'name ' || n, 'status ' || n % 7, n,
      case when n + ${rows} <= ${transactions} then n + ${rows} end, case when n <= ${rows} then 0 else 1 end
      from generate_series(1, ${transactions}) as n;
    insert into item select id, name, status from item_version where end_transaction_id is null`)
  for (const table of ['transaction', 'item', 'item_version']) await client.query(`vacuum analyze ${table}`)
}

/** Half-way through the history. */
export const middleOf = ({ rows, versions }: Size): { readonly id: number; readonly when: Date } => {
  const id = Math.floor((rows * versions) / 2)
  return { id, when: new Date(Date.UTC(2020, 0, 1) + id * 1000) }
}
