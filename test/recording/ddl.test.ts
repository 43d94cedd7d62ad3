import { test } from 'uvu'
import { testCases } from './cases.ts'

const given = `insert into t values (1, 'a', 5), (2, 'b', 6)`

/** The base table is altered and nobody has run versiongen yet. The same connection has warm plans. */
testCases(
  test,
  {
    'a column is added': {
      when: [
        `alter table t add extra text default 'e'`,
        `update t set name = 'x', extra = 'f'`,
        `update t set extra = 'g'`,
      ],
      then: [
        [1, '(1,x,5)'],
        [1, '(2,x,6)'],
      ],
    },
    'a column is added and dropped while the function is in use': {
      when: [
        `insert into t values (3, 'c', 7)`,
        `alter table t add extra text`,
        `insert into t values (4, 'd', 8, 'e')`,
        `alter table t drop extra`,
        `begin; update t set name = 'x' where id = 4; update t set n = 9 where id = 4; commit`,
        `delete from t where id > 2`,
      ],
      then: [
        [0, '(3,c,7)'],
        [0, '(4,d,8)'],
        [1, '(4,x,9)'],
        [2, '(3,c,7)'],
        [2, '(4,x,9)'],
      ],
    },
    'columns are reordered by dropping and adding': {
      when: [
        `alter table t drop name; alter table t add name text; update t set name = 'again'`,
        `begin; update t set n = 0; update t set n = 1 where id = 1; commit`,
      ],
      then: [
        [1, '(1,again,5)'],
        [1, '(2,again,6)'],
        [1, '(1,again,1)'],
        [1, '(2,again,0)'],
      ],
    },
    'columns are added that are called as rows are in the recording function': {
      when: [
        `alter table t add r int, add b int, add n_ int, add x int`,
        `begin; update t set name = 'x'; update t set name = 'y', r = 1; update t set id = 3 where id = 1; commit`,
        `truncate t`,
      ],
      then: [
        [2, '(1,y,5)'],
        [1, '(2,y,6)'],
        [0, '(3,y,5)'],
        [2, '(2,y,6)'],
        [2, '(3,y,5)'],
      ],
    },
    'types are widened after rows were recorded one by one': {
      ddl: `create table t (id int primary key, name varchar(5), n int, d date, r real)`,
      when: [
        `begin; update t set n = 1; update t set n = 2, id = id + 10; commit`,
        `alter table t alter id type bigint`,
        `begin; update t set n = 3; update t set n = 4, id = id + 10; commit`,
        `alter table t alter name type text`,
        `begin; update t set n = 5; update t set n = 6, id = id + 10; commit; truncate t`,
      ],
      then: [
        [2, '(1,a,1,,)'],
        [2, '(2,b,1,,)'],
        [0, '(11,a,2,,)'],
        [0, '(12,b,2,,)'],
        [2, '(11,a,3,,)'],
        [2, '(12,b,3,,)'],
        [0, '(21,a,4,,)'],
        [0, '(22,b,4,,)'],
        [2, '(21,a,5,,)'],
        [2, '(22,b,5,,)'],
        [0, '(31,a,6,,)'],
        [0, '(32,b,6,,)'],
        [2, '(31,a,6,,)'],
        [2, '(32,b,6,,)'],
      ],
      unlike: true,
    },
    'an integer becomes a bigint, a short text longer': {
      ddl: `create table t (id int primary key, name varchar(5), n int)`,
      when: [
        `alter table t alter id type bigint, alter n type bigint, alter name type text`,
        `update t set name = 'x'`,
        `begin; update t set n = 7; update t set id = id + 10, n = 8 where id = 1; commit`,
      ],
      then: [
        [1, '(1,x,5)'],
        [1, '(2,x,6)'],
        [2, '(1,x,7)'],
        [1, '(2,x,7)'],
        [0, '(11,x,8)'],
      ],
    },
    'a column becomes narrower': {
      when: [`alter table t alter n type smallint, alter name type char(3)`, `update t set n = 7`],
      then: [
        [1, '(1,a,7)'],
        [1, '(2,b,7)'],
      ],
    },
  },
  { ddl: `create table t (id int primary key, name text, n int)`, given },
)

/** These leave the history unlike the live rows, which `check` reports; here only what is recorded. */
testCases(
  test,
  {
    'a dropped column is null from then on': {
      when: [`alter table t drop name`, `update t set n = 7 where id = 1`, `insert into t values (3, 8)`],
      then: [
        [1, '(1,,7)'],
        [0, '(3,,8)'],
      ],
    },
    'a renamed column is null from then on': {
      when: [`alter table t rename name to title`, `update t set title = 'x'`],
      then: [
        [1, '(1,,5)'],
        [1, '(2,,6)'],
      ],
    },
    'nothing is recorded once the key has another name': {
      when: [
        `alter table t rename id to t_id`,
        `update t set name = 'x'`,
        `insert into t values (3, 'c', 7)`,
        `delete from t where t_id = 3`,
      ],
      then: [],
    },
    'a value that does not fit its history is not recorded, and fails no write': {
      ddl: `create table t (id smallint primary key, name varchar(5), n numeric(4,2), m real, at timestamp(0),
                            code char(2), bits varbit(3), i int)`,
      given: `insert into t (id, name, n, i) values (1, 'a', 5, 1), (2, 'b', 6, 2)`,
      when: [
        `alter table t alter id type int, alter name type text, alter n type numeric(8,3), alter m type double precision,
                       alter at type timestamp, alter code type varchar(10), alter bits type varbit, alter i type bigint`,
        `update t set name = 'longer' where id = 1`,
        `update t set name = 'longer'; update t set name = 'short'`,
        `update t set n = 100; update t set n = -100; update t set n = 0.001; update t set n = 99.995; update t set n = 'NaN'`,
        `update t set m = 0.1; update t set m = 0.5`,
        `update t set at = '2024-01-01 00:00:00.5'; update t set at = '2024-01-01 00:00:00'`,
        `update t set code = 'abc'; update t set code = 'ab'`,
        `update t set bits = b'1111'; update t set bits = b'111'`,
        `update t set i = 2147483648; update t set i = -2147483649; update t set i = -2147483648`,
        `insert into t (id, name) values (32768, 'c'), (3, 'd')`,
        `delete from t where id > 1`,
      ],
      then: [
        [1, '(1,short,5.00,,,,,1)'],
        [1, '(2,short,6.00,,,,,2)'],
        [1, '(1,short,NaN,,,,,1)'],
        [1, '(2,short,NaN,,,,,2)'],
        [1, '(1,short,NaN,0.5,,,,1)'],
        [1, '(2,short,NaN,0.5,,,,2)'],
        [1, '(1,short,NaN,0.5,"2024-01-01 00:00:00",,,1)'],
        [1, '(2,short,NaN,0.5,"2024-01-01 00:00:00",,,2)'],
        [1, '(1,short,NaN,0.5,"2024-01-01 00:00:00",ab,,1)'],
        [1, '(2,short,NaN,0.5,"2024-01-01 00:00:00",ab,,2)'],
        [1, '(1,short,NaN,0.5,"2024-01-01 00:00:00",ab,111,1)'],
        [1, '(2,short,NaN,0.5,"2024-01-01 00:00:00",ab,111,2)'],
        [1, '(1,short,NaN,0.5,"2024-01-01 00:00:00",ab,111,-2147483648)'],
        [1, '(2,short,NaN,0.5,"2024-01-01 00:00:00",ab,111,-2147483648)'],
        [0, '(3,d,,,,,,)'],
        [2, '(2,short,NaN,0.5,"2024-01-01 00:00:00",ab,111,-2147483648)'],
        [2, '(3,d,,,,,,)'],
      ],
    },
    'a value of a partitioned table that does not fit its history is not recorded, and fails no write': {
      ddl: `create table t (id smallint primary key, name varchar(5)) partition by range (id);
            create table t_low partition of t for values from (0) to (10);
            create table t_high partition of t default`,
      given: `insert into t values (1, 'a')`,
      when: [
        `update t set name = 'b'`,
        `alter table t alter name type text`,
        `update t set name = 'longer'; update t set name = 'short'`,
        `update t set name = 'longer', id = 11`,
        `update t set name = 'c'`,
      ],
      then: [
        [1, '(1,b)'],
        [1, '(1,short)'],
        [2, '(1,short)'],
        [0, '(11,c)'],
      ],
    },
    'the table is renamed': {
      when: [
        `alter table t rename to u`,
        `update u set name = 'x' where id = 1`,
        `begin; update u set name = 'y'; update u set n = 0 where id = 1; commit`,
        `delete from u where id = 2`,
      ],
      then: [
        [1, '(1,x,5)'],
        [1, '(1,y,0)'],
        [1, '(2,y,6)'],
        [2, '(2,y,6)'],
      ],
    },
  },
  { ddl: `create table t (id int primary key, name text, n int)`, given, unlike: true },
)

test.run()
