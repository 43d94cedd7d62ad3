import { test } from 'uvu'
import { testCases } from './cases.ts'
import type { Case } from './cases.ts'

const tree: Pick<Case, 'ddl' | 'tables' | 'given'> = {
  ddl: `create table a (id int primary key, name text);
    create table b (id int primary key, a int references a on delete cascade on update cascade);
    create table c (id int primary key, b int references b on delete set null on update cascade);`,
  tables: ['a', 'b', 'c'],
  given: `insert into a values (1, 'a'), (2, 'b'); insert into b values (10, 1), (11, 1), (20, 2);
    insert into c values (100, 10), (101, 11), (200, 20)`,
}

testCases(
  test,
  {
    'ON DELETE CASCADE, then SET NULL, over three tables': {
      ...tree,
      when: `delete from a where id = 1`,
      then: [[2, '(1,a)']],
      others: {
        b: [
          [2, '(10,1)'],
          [2, '(11,1)'],
        ],
        c: [
          [1, '(100,)'],
          [1, '(101,)'],
        ],
      },
    },
    'ON UPDATE CASCADE over two tables': {
      ...tree,
      when: `update a set id = 3 where id = 1`,
      then: [
        [2, '(1,a)'],
        [0, '(3,a)'],
      ],
      others: {
        b: [
          [1, '(10,3)'],
          [1, '(11,3)'],
        ],
        c: [],
      },
    },
    'ON DELETE CASCADE of rows that the transaction changed before': {
      ...tree,
      when: `begin; update b set a = 2 where id = 11; insert into b values (12, 1); delete from a where id = 1; commit`,
      then: [[2, '(1,a)']],
      others: {
        b: [
          [2, '(10,1)'],
          [1, '(11,2)'],
        ],
        c: [[1, '(100,)']],
      },
    },
    'ON DELETE CASCADE within one table': {
      ddl: `create table t (id int primary key, parent int references t on delete cascade)`,
      given: `insert into t values (1, null), (2, 1), (3, 2), (4, null)`,
      when: `delete from t where id = 1`,
      then: [
        [2, '(1,)'],
        [2, '(2,1)'],
        [2, '(3,2)'],
      ],
    },
    'ON DELETE SET NULL within one table': {
      ddl: `create table t (id int primary key, parent int references t on delete set null)`,
      given: `insert into t values (1, null), (2, 1), (3, 2)`,
      when: `delete from t where id < 3`,
      then: [
        [2, '(1,)'],
        [2, '(2,1)'],
        [1, '(3,)'],
      ],
    },
    'ON UPDATE CASCADE within one table': {
      ddl: `create table t (id int primary key, parent int references t on update cascade)`,
      given: `insert into t values (1, 1), (2, 1)`,
      when: `update t set id = 9 where id = 1`,
      then: [
        [2, '(1,1)'],
        [1, '(2,9)'],
        [0, '(9,9)'],
      ],
    },
    'two foreign keys set the same row to null': {
      ddl: `create table a (id int primary key, name text);
        create table b (id int primary key, x int references a on delete set null, y int references a on delete set null)`,
      tables: ['b', 'a'],
      given: `insert into a values (1, 'a'), (2, 'b'); insert into b values (1, 1, 1), (2, 1, 2), (3, 1, 1), (4, 1, 1)`,
      when: [`delete from a where id = 1`],
      then: [
        [1, '(1,,)'],
        [1, '(2,,2)'],
        [1, '(3,,)'],
        [1, '(4,,)'],
      ],
    },
    'two foreign keys change the same rows before their backfill': {
      late: true,
      ddl: `create table a (id int primary key, name text);
        create table b (id int primary key, x int references a on update cascade, y int references a on update cascade)`,
      tables: ['b', 'a'],
      given: `insert into a values (1, 'a'), (2, 'b'); insert into b values (1, 1, 1), (2, 1, 2)`,
      when: [`update a set id = 9 where id = 1`],
      then: [
        [0, '(1,1,1)'],
        [0, '(2,1,2)'],
        [1, '(1,9,9)'],
        [1, '(2,9,2)'],
      ],
    },
    'rows that foreign keys update, then delete, while they update others': {
      ddl: `create table t (id int primary key, x int references t on delete cascade, y int references t on delete set null)`,
      given: `insert into t values (1, null, null), (2, 1, null), (3, 2, 1), (4, null, 2), (5, null, 3)`,
      when: `delete from t where id = 1`,
      then: [
        [2, '(1,,)'],
        [2, '(2,1,)'],
        [2, '(3,2,)'],
        [1, '(4,,)'],
        [1, '(5,,)'],
      ],
    },
    'a deferred foreign key': {
      ddl: `create table a (id int primary key, name text);
        create table b (id int primary key, a int references a deferrable initially deferred);`,
      tables: ['b', 'a'],
      given: '',
      when: [`begin; insert into b values (1, 1); insert into a values (1, 'a'); commit`],
      then: [[0, '(1,1)']],
      others: { a: [[0, '(1,a)']] },
    },
    'a key shifted over many rows': {
      given: `insert into t select g, 'n' || g from generate_series(1, 5) g`,
      when: `update t set id = -id; update t set id = 1 - id`,
      then: [
        [2, '(1,n1)'],
        [1, '(2,n1)'],
        [1, '(3,n2)'],
        [1, '(4,n3)'],
        [1, '(5,n4)'],
        [0, '(6,n5)'],
      ],
    },
    'a key shifted in one statement (deferrable key)': {
      ddl: `create table t (id int primary key deferrable, name text)`,
      given: `insert into t select g, 'n' || g from generate_series(1, 3) g`,
      when: `update t set id = id + 1`,
      then: [
        [2, '(1,n1)'],
        [1, '(2,n1)'],
        [1, '(3,n2)'],
        [0, '(4,n3)'],
      ],
    },
    'keys swapped in one statement (deferrable key)': {
      ddl: `create table t (id int primary key deferrable, name text)`,
      when: `update t set id = 3 - id`,
      then: [
        [1, '(1,b)'],
        [1, '(2,a)'],
      ],
    },
    'keys swapped over a third': {
      when: `begin; update t set id = 0 where id = 1; update t set id = 1 where id = 2; update t set id = 2 where id = 0; commit`,
      then: [
        [1, '(1,b)'],
        [1, '(2,a)'],
      ],
    },
    'delete and insert of one key in one statement': {
      when: `with gone as (delete from t where id = 1 returning *) insert into t select id, name || '!' from gone`,
      then: [[1, '(1,a!)']],
    },
    'delete and insert of the same row in one statement': {
      when: `with gone as (delete from t returning *) insert into t select * from gone`,
      then: [],
    },
    'delete of all and insert of some again, the INSERT done first': {
      when: `with gone as (delete from t returning *),
          again as (insert into t select * from gone limit 1 returning *)
        select * from again limit 1`,
      then: [[2, '(2,b)']],
    },
    'the same with another value': {
      when: `with gone as (delete from t returning *),
          again as (insert into t select id, name || '!' from gone limit 1 returning *)
        select * from again limit 1`,
      then: [
        [1, '(1,a!)'],
        [2, '(2,b)'],
      ],
    },
    'a multi-statement simple query is one transaction': {
      when: `insert into t values (3, 'c'); update t set name = 'd' where id = 3; delete from t where id = 1`,
      then: [
        [2, '(1,a)'],
        [0, '(3,d)'],
      ],
    },
    'nested savepoints, some rolled back': {
      when: `begin; update t set name = '1' where id = 1; savepoint x; update t set name = '2' where id = 1;
        savepoint y; delete from t where id = 1; rollback to y; update t set name = '3' where id = 2; release y;
        rollback to x; insert into t values (3, 'c'); commit`,
      then: [
        [1, '(1,1)'],
        [0, '(3,c)'],
      ],
    },
    'an exception block rolled back': {
      when: `do $$ begin
          begin update t set name = 'x'; raise 'no'; exception when raise_exception then null; end;
          update t set name = 'y' where id = 2; end $$`,
      then: [[1, '(2,y)']],
    },
    'a released savepoint, then more': {
      when: `begin; savepoint x; update t set name = 'x'; release x; update t set name = 'a' where id = 1; commit`,
      then: [[1, '(2,x)']],
    },
    'a transaction with TRUNCATE between other writes': {
      when: `begin; insert into t values (3, 'c'); truncate t; insert into t values (1, 'a'), (2, 'x'), (4, 'd'); commit`,
      then: [
        [1, '(2,x)'],
        [0, '(4,d)'],
      ],
    },
    'TRUNCATE … RESTART IDENTITY CASCADE': {
      ...tree,
      when: `truncate a restart identity cascade`,
      then: [
        [2, '(1,a)'],
        [2, '(2,b)'],
      ],
      others: {
        b: [
          [2, '(10,1)'],
          [2, '(11,1)'],
          [2, '(20,2)'],
        ],
        c: [
          [2, '(100,10)'],
          [2, '(101,11)'],
          [2, '(200,20)'],
        ],
      },
    },
    'TRUNCATE, rolled back to a savepoint': {
      when: `begin; savepoint s; truncate t; rollback to s; insert into t values (3, 'c'); commit`,
      then: [[0, '(3,c)']],
    },
    'rows changed before their backfill': {
      late: true,
      given: `insert into t values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')`,
      when: [
        `update t set name = 'x' where id = 1`,
        `delete from t where id = 2`,
        `begin; update t set name = 'y' where id = 3; update t set name = 'c' where id = 3; commit`,
      ],
      then: [
        [0, '(1,a)'],
        [1, '(1,x)'],
        [0, '(2,b)'],
        [2, '(2,b)'],
        [0, '(3,c)'],
      ],
    },
    'many rows changed before their backfill': {
      late: true,
      when: `update t set name = name || '!'`,
      then: [
        [0, '(1,a)'],
        [0, '(2,b)'],
        [1, '(1,a!)'],
        [1, '(2,b!)'],
      ],
    },
    'a key changed before its backfill': {
      late: true,
      when: `update t set id = 9 where id = 1`,
      then: [
        [0, '(1,a)'],
        [2, '(1,a)'],
        [0, '(9,a)'],
      ],
    },
    'TRUNCATE before the backfill': {
      late: true,
      when: `truncate t`,
      then: [
        [0, '(1,a)'],
        [0, '(2,b)'],
        [2, '(1,a)'],
        [2, '(2,b)'],
      ],
    },
    '5,000 rows in one statement after single rows, some changed before': {
      given: '',
      when: [
        `insert into t values (1, 'a')`,
        `update t set name = 'b' where id = 1`,
        `insert into t select g, 'n' from generate_series(2, 5000) g`,
        `update t set name = 'n'`,
        `delete from t where id > 1`,
        `truncate t`,
        `delete from t_version where id > 1`,
      ],
      then: [
        [0, '(1,a)'],
        [1, '(1,b)'],
        [1, '(1,n)'],
        [2, '(1,n)'],
      ],
    },
  },
  {
    ddl: `create table t (id int primary key, name text)`,
    given: `insert into t values (1, 'a'), (2, 'b')`,
  },
)

test.run()
