import { test } from 'uvu'
import { testCases } from './cases.ts'
import type { Case } from './cases.ts'

const partitioned: Pick<Case, 'ddl' | 'tables' | 'options' | 'given'> = {
  ddl: `create table p (id int, region text, name text, primary key (id, region)) partition by list (region);
    create table p_ab partition of p for values in ('a', 'b');
    create table p_z partition of p for values in ('z')`,
  tables: ['p'],
  options: {},
  given: `insert into p values (1, 'a', 'A'), (2, 'b', 'B')`,
}

/** The table "in one transaction … recorded" of the specification, row by row. */
testCases(
  test,
  {
    insert: {
      when: `insert into t values (3, 'c')`,
      then: [[0, '(3,c)']],
    },
    update: {
      when: `update t set name = 'x' where id = 1`,
      then: [[1, '(1,x)']],
    },
    'update that changes nothing': {
      when: `update t set name = name`,
      then: [],
    },
    'update of a column without history': {
      when: `update t set seen = 1`,
      then: [],
    },
    'update and update back': {
      when: `begin; update t set name = 'x' where id = 1; update t set name = 'a' where id = 1; commit`,
      then: [],
    },
    delete: {
      when: `delete from t where id = 1`,
      then: [[2, '(1,a)']],
    },
    'insert + update': {
      when: `begin; insert into t values (3, 'c'); update t set name = 'd' where id = 3; commit`,
      then: [[0, '(3,d)']],
    },
    'insert + delete': {
      when: `begin; insert into t values (3, 'c'); delete from t where id = 3; commit`,
      then: [],
    },
    'update + delete': {
      when: `begin; update t set name = 'x' where id = 1; delete from t where id = 1; commit`,
      then: [[2, '(1,x)']],
    },
    'delete + insert of the same key, with other values': {
      when: `begin; delete from t where id = 1; insert into t values (1, 'x'); commit`,
      then: [[1, '(1,x)']],
    },
    'delete + insert of the same row': {
      when: `begin; delete from t where id = 1; insert into t values (1, 'a'); commit`,
      then: [],
    },
    'insert … on conflict do nothing': {
      when: `insert into t values (1, 'x'), (3, 'c') on conflict do nothing`,
      then: [[0, '(3,c)']],
    },
    'insert … on conflict do update': {
      when: `insert into t values (1, 'x'), (3, 'c') on conflict (id) do update set name = excluded.name`,
      then: [
        [1, '(1,x)'],
        [0, '(3,c)'],
      ],
    },
    'insert … on conflict do update … where': {
      when: `insert into t values (1, 'x'), (2, 'y') on conflict (id) do update set name = excluded.name where t.id > 1`,
      then: [[1, '(2,y)']],
    },
    MERGE: {
      since: 15,
      when: `merge into t using (values (1, 'x'), (2, null), (3, 'c')) as s (id, name) on t.id = s.id
        when matched and s.name is null then delete
        when matched then update set name = s.name
        when not matched then insert values (s.id, s.name)`,
      then: [
        [1, '(1,x)'],
        [2, '(2,b)'],
        [0, '(3,c)'],
      ],
    },
    'MERGE … RETURNING': {
      since: 17,
      when: `with merged as (
          merge into t using (values (1, 'x'), (3, 'c')) as s (id, name) on t.id = s.id
          when matched then update set name = s.name
          when not matched by source then delete
          when not matched then insert values (s.id, s.name) returning merge_action(), t.*)
        select * from merged`,
      then: [
        [1, '(1,x)'],
        [2, '(2,b)'],
        [0, '(3,c)'],
      ],
    },
    'a writable CTE': {
      when: `with gone as (delete from t where id = 1 returning name), changed as (update t set name = 'y' where id = 2)
        insert into t select 3, name from gone`,
      then: [
        [2, '(1,a)'],
        [1, '(2,y)'],
        [0, '(3,a)'],
      ],
    },
    'a key change': {
      when: `update t set id = 3 where id = 1`,
      then: [
        [2, '(1,a)'],
        [0, '(3,a)'],
      ],
    },
    'a key change onto the key of a deleted row': {
      when: `begin; delete from t where id = 2; update t set id = 2 where id = 1; commit`,
      then: [
        [2, '(1,a)'],
        [1, '(2,a)'],
      ],
    },
    TRUNCATE: {
      when: `truncate t`,
      then: [
        [2, '(1,a)'],
        [2, '(2,b)'],
      ],
    },
    rollback: {
      when: [`begin; update t set name = 'x'; rollback`, `update t set name = 'y' where id = 1`],
      then: [[1, '(1,y)']],
    },
    'rollback to a savepoint': {
      when: `begin; update t set name = 'y' where id = 2; savepoint s; update t set name = 'x'; rollback to s; commit`,
      then: [[1, '(2,y)']],
    },
    'rollback of the first write to a savepoint': {
      when: `begin; savepoint s; update t set name = 'x'; rollback to s; update t set name = 'y' where id = 1; commit`,
      then: [[1, '(1,y)']],
    },
    // The key of a partitioned table holds the columns it is partitioned by, so a row that moves gets another key.
    'a row moved between partitions': {
      ...partitioned,
      when: `update p set region = 'z' where id = 1`,
      then: [
        [2, '(1,a,A)'],
        [0, '(1,z,A)'],
      ],
    },
    'a row moved between partitions and back': {
      ...partitioned,
      when: `begin; update p set region = 'z' where id = 1; update p set region = 'a' where id = 1; commit`,
      then: [],
    },
    'a row moved between partitions and back, with another value': {
      ...partitioned,
      when: `begin; update p set region = 'z' where id = 1; update p set region = 'a', name = 'B' where id = 1; commit`,
      then: [[1, '(1,a,B)']],
    },
  },
  {
    ddl: `create table t (id int primary key, name text, seen int)`,
    options: { exclude: ['seen'] },
    given: `insert into t values (1, 'a'), (2, 'b')`,
  },
)

test.run()
