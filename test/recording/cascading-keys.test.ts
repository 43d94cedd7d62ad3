import { test } from 'uvu'
import { testCases } from './cases.ts'

const nodes = `create table node (no int primary key, up int references node on update cascade);`

testCases(test, {
  'both columns of a key cascade': {
    ddl: `${nodes} create table link (a int references node on update cascade, b int references node on update cascade,
      w text, primary key (a, b))`,
    tables: ['link', 'node'],
    given: `insert into node values (1), (2), (3); insert into link values (1, 2, 'x'), (1, 3, 'y'), (2, 2, 'z')`,
    when: `update node set no = no + 10`,
    then: [
      [2, '(1,2,x)'],
      [2, '(1,3,y)'],
      [2, '(2,2,z)'],
      [0, '(11,12,x)'],
      [0, '(11,13,y)'],
      [0, '(12,12,z)'],
    ],
  },
  'both columns of a key cascade, one row': {
    ddl: `${nodes} create table link (a int references node on update cascade, b int references node on update cascade,
      w text, primary key (a, b))`,
    tables: ['link', 'node'],
    given: `insert into node values (1); insert into link values (1, 1, 'x')`,
    when: `update node set no = 11`,
    then: [
      [2, '(1,1,x)'],
      [0, '(11,11,x)'],
    ],
  },
  'both columns of a key cascade, in partitions': {
    ddl: `${nodes} create table link (a int references node on update cascade, b int references node on update cascade,
      w text, primary key (a, b, w)) partition by list (w);
      create table link_x partition of link for values in ('x'); create table link_rest partition of link default`,
    tables: ['link', 'node'],
    given: `insert into node values (1), (2); insert into link values (1, 2, 'x'), (2, 2, 'y')`,
    when: `update node set no = no + 10`,
    then: [
      [2, '(1,2,x)'],
      [2, '(2,2,y)'],
      [0, '(11,12,x)'],
      [0, '(12,12,y)'],
    ],
  },
  'a key cascades while a row trigger writes to the same rows': {
    ddl: `${nodes} create table link (id int, a int references node on update cascade, n int default 0, primary key (a, id));
      create function touch_link() returns trigger language plpgsql as $$
        begin update link set n = n + 1 where a = new.no; return null; end $$;
      create trigger touch_link after update of no on node for each row execute function touch_link()`,
    tables: ['link', 'node'],
    given: `insert into node values (1, null), (2, 1), (3, 2); insert into link values (1, 1), (2, 1), (3, 2)`,
    when: `update node set no = no + 10`,
    then: [
      [2, '(1,1,0)'],
      [2, '(2,1,0)'],
      [2, '(3,2,0)'],
      [0, '(1,11,1)'],
      [0, '(2,11,1)'],
      [0, '(3,12,1)'],
    ],
    others: {
      node: [
        [2, '(1,)'],
        [2, '(2,1)'],
        [2, '(3,2)'],
        [0, '(11,)'],
        [0, '(12,11)'],
        [0, '(13,12)'],
      ],
    },
  },
  'MERGE deletes a row, and what refers to it': {
    ddl: 'create table t (a int primary key, v int, p int references t on delete cascade)',
    given: 'insert into t values (1, 0, null), (4, 0, 1)',
    since: 15,
    when: `merge into t using (values (1), (4)) s (a) on t.a = s.a
      when matched and s.a = 1 then delete when matched then update set v = 9`,
    then: [
      [2, '(1,0,)'],
      [2, '(4,9,1)'],
    ],
  },
  'MERGE changes keys, and what refers to them': {
    ddl: 'create table t (a int primary key, v int, p int references t on update cascade)',
    given: 'insert into t values (1, 0, null), (4, 0, 1)',
    since: 15,
    when: 'merge into t using (values (1), (4)) s (a) on t.a = s.a when matched then update set a = t.a + 10',
    then: [
      [2, '(1,0,)'],
      [2, '(4,0,1)'],
      [0, '(11,0,)'],
      [0, '(14,0,11)'],
    ],
  },
  'several rows of one transaction, found by a key that = of pg_catalog does not compare': {
    ddl: `create schema ext; create extension citext schema ext; create domain code as ext.citext;
      create table t (c ext.citext, n int, d code, v text, primary key (c, n, d))`,
    serversOnly: true,
    when: [
      `begin; insert into t values ('a', 1, 'x', 'v'), ('b', 2, 'y', 'v'); update t set v = 'w'; update t set c = 'z' where n = 2; commit`,
      `update t set n = n + 1`,
    ],
    then: [
      [0, '(a,1,x,w)'],
      [0, '(z,2,y,w)'],
      [2, '(a,1,x,w)'],
      [0, '(a,2,x,w)'],
      [2, '(z,2,y,w)'],
      [0, '(z,3,y,w)'],
    ],
  },
  'several rows of one transaction, with a virtual column': {
    ddl: `create table t (id int primary key, body text, virt text generated always as (lower(body)) virtual)`,
    since: 18,
    when: [
      `begin; insert into t values (1, 'a'), (2, 'b'); update t set body = 'c'; commit`,
      `update t set id = id + 10`,
      `update t set body = 'D' where id = 11`,
      `delete from t`,
    ],
    then: [
      [0, '(1,c)'],
      [0, '(2,c)'],
      [2, '(1,c)'],
      [2, '(2,c)'],
      [0, '(11,c)'],
      [0, '(12,c)'],
      [1, '(11,D)'],
      [2, '(11,D)'],
      [2, '(12,c)'],
    ],
  },
})

test.run()
