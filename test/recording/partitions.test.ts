import { test } from 'uvu'
import { testCases } from './cases.ts'

const ddl = `create table p (id int, region text, name text, primary key (id, region)) partition by list (region);
  create table p_a partition of p for values in ('a');
  create table p_b (name text, region text not null, dropped int, id int not null);
  alter table p_b drop dropped;
  alter table p attach partition p_b for values in ('b');`

testCases(
  test,
  {
    'partitions whose columns stand in another order': {
      when: [`update p set name = 'x'`, `begin; update p set name = 'y'; delete from p where id = 1; commit`],
      then: [
        [1, '(1,a,x)'],
        [1, '(2,b,x)'],
        [2, '(1,a,y)'],
        [1, '(2,b,y)'],
      ],
    },
    'writes to a partition itself': {
      when: [`insert into p_b (id, region, name) values (3, 'b', 'C')`, `update p_b set name = 'x'`, `delete from p_a`],
      then: [
        [0, '(3,b,C)'],
        [1, '(2,b,x)'],
        [1, '(3,b,x)'],
        [2, '(1,a,A)'],
      ],
    },
    'a partition attached later': {
      when: [
        `create table p_c partition of p for values in ('c')`,
        `insert into p values (3, 'c', 'C')`,
        `update p_c set name = 'x'`,
      ],
      then: [
        [0, '(3,c,C)'],
        [1, '(3,c,x)'],
      ],
    },
    'a partition of partitions': {
      when: [
        `create table p_d partition of p for values in ('d') partition by range (id)`,
        `create table p_d1 partition of p_d for values from (0) to (100)`,
        `insert into p values (3, 'd', 'D')`,
        `update p set region = 'a' where id = 3`,
      ],
      then: [
        [0, '(3,d,D)'],
        [0, '(3,a,D)'],
        [2, '(3,d,D)'],
      ],
    },
    TRUNCATE: {
      when: `truncate p`,
      then: [
        [2, '(1,a,A)'],
        [2, '(2,b,B)'],
      ],
    },
    'an AFTER trigger updates the new row': {
      ddl: `${ddl} create function again() returns trigger language plpgsql as $$ begin
          update p set name = new.name || '!' where id = new.id; return null; end $$;
        create trigger again after insert on p for each row execute function again();`,
      given: '',
      when: `insert into p values (1, 'a', 'A'), (2, 'b', 'B')`,
      then: [
        [0, '(1,a,A!)'],
        [0, '(2,b,B!)'],
      ],
    },
    'an AFTER trigger inserts a deleted row again': {
      ddl: `${ddl} create function again() returns trigger language plpgsql as $$ begin
          insert into p values (old.id, old.region, old.name || '!'); return null; end $$;
        create trigger again after delete on p for each row execute function again();`,
      when: `delete from p where id = 1`,
      then: [[1, '(1,a,A!)']],
    },
    'rows changed before their backfill': {
      late: true,
      when: [
        `begin; update p set name = 'x'; update p set name = 'y' where id = 1; commit`,
        `delete from p where id = 2`,
      ],
      then: [
        [0, '(1,a,A)'],
        [0, '(2,b,B)'],
        [1, '(1,a,y)'],
        [1, '(2,b,x)'],
        [2, '(2,b,x)'],
      ],
    },
    'MERGE and upsert': {
      since: 15,
      when: [
        `merge into p using (values (1, 'a', 'x'), (3, 'b', 'C')) s (id, region, name) on p.id = s.id and p.region = s.region
         when matched then update set name = s.name when not matched then insert values (s.id, s.region, s.name)`,
        `insert into p values (3, 'b', 'y'), (4, 'a', 'D') on conflict (id, region) do update set name = excluded.name`,
      ],
      then: [
        [1, '(1,a,x)'],
        [0, '(3,b,C)'],
        [1, '(3,b,y)'],
        [0, '(4,a,D)'],
      ],
    },
  },
  { ddl, tables: ['p'], given: `insert into p values (1, 'a', 'A'), (2, 'b', 'B')` },
)

test.run()
