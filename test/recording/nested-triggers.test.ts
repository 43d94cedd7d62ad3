import { test } from 'uvu'
import { testCases } from './cases.ts'

/** Triggers on `t`, made before or after the recording ones: `name` sorts before `t_version_insert`, or after it. */
const trigger = (when: string, body: string, name = 'a_trigger'): string => `
  create table if not exists t (id int primary key, name text, parent int);
  create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$;
  create trigger ${name} ${when} execute function ${name}();`

const t = 'create table t (id int primary key, name text, parent int);'

testCases(
  test,
  {
    'a BEFORE trigger changes the row': {
      ddl: trigger('before insert or update on t for each row', `new.name := upper(new.name); return new;`),
      when: [`insert into t values (3, 'c')`, `update t set name = 'x' where id = 1`],
      then: [
        [0, '(3,C,)'],
        [1, '(1,X,)'],
      ],
    },
    'a BEFORE trigger leaves the row out': {
      ddl: trigger('before insert on t for each row', `return null;`),
      given: '',
      when: `insert into t values (3, 'c')`,
      then: [],
    },
    'a BEFORE trigger writes another row': {
      ddl: trigger(
        'before insert on t for each row',
        `if new.id < 100 then insert into t values (new.id + 100, new.name); end if; return new;`,
      ),
      when: `insert into t values (3, 'c')`,
      then: [
        [0, '(3,c,)'],
        [0, '(103,c,)'],
      ],
    },
    'an AFTER INSERT trigger updates the new row': {
      ddl: trigger('after insert on t for each row', `update t set name = name || '!' where id = new.id; return null;`),
      when: `insert into t values (3, 'c')`,
      then: [[0, '(3,c!,)']],
    },
    'an AFTER INSERT trigger updates each of many new rows': {
      ddl: trigger('after insert on t for each row', `update t set name = name || '!' where id = new.id; return null;`),
      when: `insert into t values (3, 'c'), (4, 'd'), (5, 'e')`,
      then: [
        [0, '(3,c!,)'],
        [0, '(4,d!,)'],
        [0, '(5,e!,)'],
      ],
    },
    'an AFTER INSERT trigger changes the key of the new row': {
      ddl: trigger('after insert on t for each row', `update t set id = 9 where id = new.id; return null;`),
      given: '',
      when: `insert into t values (3, 'c')`,
      then: [[0, '(9,c,)']],
    },
    'an AFTER INSERT trigger deletes the new row': {
      ddl: trigger('after insert on t for each row', `delete from t where id = new.id; return null;`),
      given: '',
      when: `insert into t values (3, 'c')`,
      then: [],
    },
    'an AFTER INSERT trigger deletes one of many new rows': {
      ddl: trigger('after insert on t for each row', `delete from t where id = new.id and id = 4; return null;`),
      when: `insert into t values (3, 'c'), (4, 'd'), (5, 'e')`,
      then: [
        [0, '(3,c,)'],
        [0, '(5,e,)'],
      ],
    },
    'an AFTER INSERT trigger deletes and inserts the new row again': {
      ddl: trigger(
        'after insert on t for each row when (pg_trigger_depth() < 1)',
        `delete from t where id = new.id; insert into t values (new.id, 'again'); return null;`,
      ),
      when: `insert into t values (3, 'c')`,
      then: [[0, '(3,again,)']],
    },
    'an AFTER INSERT trigger deletes the new row of a key that was deleted before': {
      ddl: trigger(
        'after insert on t for each row when (new.name = $$x$$)',
        `delete from t where id = new.id; return null;`,
      ),
      when: [`delete from t where id = 1`, `insert into t values (1, 'x')`],
      then: [[2, '(1,a,)']],
    },
    'an AFTER UPDATE trigger updates the row again': {
      ddl: trigger(
        'after update on t for each row when (pg_trigger_depth() < 1)',
        `update t set name = new.name || '!' where id = new.id; return null;`,
      ),
      when: `update t set name = 'x'`,
      then: [
        [1, '(1,x!,)'],
        [1, '(2,x!,)'],
      ],
    },
    'an AFTER UPDATE trigger takes the change back': {
      ddl: trigger(
        'after update on t for each row when (pg_trigger_depth() < 1)',
        `update t set name = old.name where id = new.id; return null;`,
      ),
      when: `update t set name = 'x'`,
      then: [],
    },
    'an AFTER UPDATE trigger deletes the row': {
      ddl: trigger('after update on t for each row', `delete from t where id = new.id; return null;`),
      when: `update t set name = 'x' where id = 1`,
      then: [[2, '(1,x,)']],
    },
    'an AFTER UPDATE trigger changes the key back': {
      ddl: trigger(
        'after update on t for each row when (pg_trigger_depth() < 1)',
        `update t set id = old.id where id = new.id; return null;`,
      ),
      when: `update t set id = 3 where id = 1`,
      then: [],
    },
    'an AFTER UPDATE trigger inserts under the key that was left': {
      ddl: trigger(
        'after update on t for each row',
        `if new.id <> old.id then insert into t values (old.id, 'moved'); end if; return null;`,
      ),
      when: `update t set id = 3 where id = 1`,
      then: [
        [1, '(1,moved,)'],
        [0, '(3,a,)'],
      ],
    },
    'an AFTER DELETE trigger inserts the row again, as deleted': {
      ddl: trigger(
        'after delete on t for each row',
        `insert into t values (old.id, old.name || ' deleted'); return null;`,
      ),
      when: `delete from t where id = 1`,
      then: [[1, '(1,"a deleted",)']],
    },
    'an AFTER DELETE trigger inserts all rows again': {
      ddl: trigger('after delete on t for each row', `insert into t values (old.id, old.name); return null;`),
      when: `delete from t`,
      then: [],
    },
    'an AFTER DELETE trigger inserts the row and deletes it for good': {
      ddl: trigger(
        'after delete on t for each row when (pg_trigger_depth() < 1)',
        `insert into t values (old.id, old.name); delete from t where id = old.id; return null;`,
      ),
      when: `delete from t where id = 1`,
      then: [[2, '(1,a,)']],
    },
    'an AFTER STATEMENT trigger before ours in the alphabet updates all rows': {
      ddl: trigger('after insert on t for each statement', `update t set name = name || '!'; return null;`),
      when: `insert into t values (3, 'c')`,
      then: [
        [1, '(1,a!!,)'],
        [1, '(2,b!!,)'],
        [0, '(3,c!,)'],
      ],
    },
    'an AFTER STATEMENT trigger behind ours in the alphabet updates all rows': {
      ddl: trigger(
        'after insert on t for each statement',
        `update t set name = name || '!'; return null;`,
        'z_trigger',
      ),
      when: `insert into t values (3, 'c')`,
      then: [
        [1, '(1,a!!,)'],
        [1, '(2,b!!,)'],
        [0, '(3,c!,)'],
      ],
    },
    'a trigger on another table writes back': {
      ddl: `${t} create table log (id int primary key, n int);
        create function log_it() returns trigger language plpgsql as $$ begin
          insert into log values (new.id, 1) on conflict (id) do update set n = log.n + 1; return null; end $$;
        create trigger log_it after insert or update on t for each row when (pg_trigger_depth() < 2) execute function log_it();
        create function write_back() returns trigger language plpgsql as $$ begin
          update t set name = name || new.n where id = new.id; return null; end $$;
        create trigger write_back after insert or update on log for each row execute function write_back();`,
      tables: ['t', 'log'],
      given: '',
      when: [`insert into t values (3, 'c')`, `update t set name = 'x'`],
      then: [
        [0, '(3,c1,)'],
        [1, '(3,x2,)'],
      ],
      others: {
        log: [
          [0, '(3,1)'],
          [1, '(3,2)'],
        ],
      },
    },
    'a deferred constraint trigger updates the row at commit': {
      ddl: `${t} create function late() returns trigger language plpgsql as $$ begin
          update t set name = name || '!' where id = new.id; return null; end $$;
        create constraint trigger late after insert or update on t deferrable initially deferred
          for each row when (new.name !~ '!') execute function late();`,
      when: `begin; insert into t values (3, 'c'); update t set name = 'x' where id = 1; commit`,
      then: [
        [1, '(1,x!,)'],
        [0, '(3,c!,)'],
      ],
    },
    'an INSTEAD OF trigger on a view': {
      ddl: `${t} create view v as select id, name from t;
        create function write_t() returns trigger language plpgsql as $$ begin
          if tg_op = 'DELETE' then delete from t where id = old.id; return old; end if;
          if tg_op = 'UPDATE' then update t set name = new.name where id = old.id; return new; end if;
          insert into t values (new.id, new.name); return new; end $$;
        create trigger write_t instead of insert or update or delete on v for each row execute function write_t();`,
      when: [
        `insert into v values (3, 'c'), (4, 'd')`,
        `update v set name = 'x' where id > 1`,
        `delete from v where id = 2`,
      ],
      then: [
        [0, '(3,c,)'],
        [0, '(4,d,)'],
        [1, '(2,x,)'],
        [1, '(3,x,)'],
        [1, '(4,x,)'],
        [2, '(2,x,)'],
      ],
    },
    'a rule instead of a trigger': {
      ddl: `${t} create rule gone as on delete to t do instead update t set name = 'gone' where id = old.id;`,
      when: `delete from t where id = 1`,
      then: [[1, '(1,gone,)']],
    },
    'a function in RETURNING that writes the same table': {
      ddl: `${t} create function more(int) returns int language plpgsql as $$ begin
          update t set name = 'more' where id = $1; return $1; end $$;`,
      when: `insert into t values (3, 'c') returning more(1)`,
      then: [
        [1, '(1,more,)'],
        [0, '(3,c,)'],
      ],
    },
    'rows changed by triggers before they are backfilled': {
      ddl: trigger(
        'after update on t for each row when (pg_trigger_depth() < 1)',
        `update t set name = new.name || '!' where id = new.id; return null;`,
      ),
      late: true,
      // Until its session reports them, rows that it inserted a second ago count as those of the transaction.
      when: ['select pg_sleep(1.1)', `update t set name = 'x' where id = 1`],
      then: [
        [0, '(1,a,)'],
        [1, '(1,x!,)'],
      ],
    },
    'rows just inserted and changed by a trigger are part of the transaction that had begun': {
      ddl: `create table o (id int primary key, n int);
        ${trigger('after insert on t for each row', `update t set name = new.name || '!' where id = new.id; return null;`)}`,
      tables: ['t', 'o'],
      given: '',
      when: `begin; insert into o values (1, 1); insert into t values (1, 'a'), (2, 'b'); insert into t values (3, 'c');
        update o set n = 2; commit; select 1 / (count(*) = 1)::int from transaction`,
      then: [
        [0, '(1,a!,)'],
        [0, '(2,b!,)'],
        [0, '(3,c!,)'],
      ],
      others: { o: [[0, '(1,2)']] },
    },
    'rows deleted by a trigger before they are backfilled': {
      ddl: trigger('after update on t for each row', `delete from t where id = new.id; return null;`),
      late: true,
      when: `update t set name = 'x' where id = 1`,
      then: [
        [0, '(1,a,)'],
        [2, '(1,x,)'],
      ],
    },
  },
  { given: `insert into t values (1, 'a'), (2, 'b')` },
)

test.run()
