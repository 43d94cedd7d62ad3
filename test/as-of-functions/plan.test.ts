import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createMigration } from '../../src/sql/migrations.ts'
import { planTable } from '../recording/recorded-table.ts'
import { testOnEachDatabase } from '../support/databases.ts'

const timeouts = { lockTimeout: '5s', statementTimeout: '0' }

// Postgres plans the function with the query around it: by key the index is used, in joins, too, and no call is left.
testOnEachDatabase(test, 'by key, and joined, indexes are used', async (database) => {
  await database.script(`
    create table mine (id int primary key, name text);
    create table permit (id int primary key, mine_id int, no text);`)
  for (const name of ['mine', 'permit'])
    await database.script(createMigration(await planTable(database, name), timeouts))
  await database.script(`
    insert into mine select n, 'Mine ' || n from generate_series(1, 5000) n;
    insert into permit select n, n, 'P-' || n from generate_series(1, 5000) n;
    update mine set name = name || ' (closed)' where id % 2 = 0;
    analyze mine_version; analyze permit_version; analyze transaction;`)

  const rows = await database.query(`
    explain select m.name, p.no from mine_as_of(now()) m join permit_as_of(now()) p on p.id = m.id where m.id = 42`)
  const plan = rows.flatMap((row) => Object.values(row)).join('\n')

  assert.match(plan, /Index Scan.* on mine_version v/)
  assert.match(plan, /Index Scan.* on permit_version v/)
  assert.not.match(plan, /Function Scan|Seq Scan/)
  const found = await database.query(`select name from mine_as_of(clock_timestamp()) where id = 42`)
  assert.equal(
    found.map((row) => Object.values(row)),
    [['Mine 42 (closed)']],
  )
})

test.run()
