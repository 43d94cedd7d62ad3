import type { VersionedTable } from '../../src/plan/types.ts'
import { describeTable } from '../../test/recording-torture/describe-table.ts'

/** The base table of every measurement: an ordinary table of a line-of-business application. */
export const columns: readonly (readonly [name: string, type: string])[] = [
  ['id', 'uuid'],
  ['mine_no', 'character varying(20)'],
  ['name', 'character varying(200)'],
  ['status', 'public.mine_status'],
  ['region', 'character varying(50)'],
  ['latitude', 'numeric(9,6)'],
  ['longitude', 'numeric(9,6)'],
  ['major', 'boolean'],
  ['ore_grade', 'numeric(10,4)'],
  ['note', 'character varying(500)'],
  ['permit', 'jsonb'],
  ['deleted_ind', 'boolean'],
  ['create_user', 'character varying(60)'],
  ['create_timestamp', 'timestamp without time zone'],
  ['update_user', 'character varying(60)'],
  ['update_timestamp', 'timestamp with time zone'],
]

export const mine: VersionedTable = describeTable({ schema: 'public', name: 'mine', columns, key: ['id'] })

export const createMine = `
create type mine_status as enum ('draft', 'active', 'suspended', 'closed');
create table mine (
  id uuid primary key, mine_no varchar(20) not null, name varchar(200) not null, status mine_status not null,
  region varchar(50), latitude numeric(9,6), longitude numeric(9,6), major boolean not null default false,
  ore_grade numeric(10,4), note varchar(500), permit jsonb, deleted_ind boolean not null default false,
  create_user varchar(60) not null, create_timestamp timestamp not null,
  update_user varchar(60) not null, update_timestamp timestamptz not null);`

/** Rows numbered from 1; ids are spread evenly, in no relation to the order on disk. A tenth is in each region. */
export const rowsSql = (count: number, id = `md5(n::text)::uuid`): string => `
select ${id}, 'M' || n, 'Mine number ' || n || ' of the northern range', 'active'::mine_status, 'region ' || n % 10,
  48 + n % 1000 / 100.0, -120 - n % 700 / 70.0, n % 7 = 0, n % 97 / 3.0, 'Inspected in spring; nothing to report (' || n || ')',
  jsonb_build_object('no', 'P-' || n, 'valid', true, 'conditions', jsonb_build_array('water', 'dust', n % 5)), false,
  'importer', timestamp '2020-01-01' + n * interval '1 second', 'importer', timestamptz '2020-01-01 00:00Z'
from generate_series(1, ${count}) as n`

/** Every row a measurement adds has an id from here on, so that it can be removed again. */
export const firstAddedId = 'ffff0000-0000-0000-0000-000000000000'
