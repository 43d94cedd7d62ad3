import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nameAccessors } from '../../src/accessors/names.ts'
import { planAccessors, stampFile } from '../../src/accessors/plan-accessors.ts'
import { relateTables } from '../../src/accessors/relations.ts'
import type { Relation } from '../../src/catalog/types.ts'
import type { Settings } from '../../src/config/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { eachDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { readVersionedTables } from './versioned-tables.ts'

let tablesOf: (sql: string) => Promise<readonly VersionedTable[]>
eachDatabase((name, open) => {
  if (name !== 'PGlite') return
  tablesOf = async (sql) => {
    const database = await open()
    try {
      await database.script(sql)
      return await readVersionedTables(database)
    } finally {
      await database.close()
    }
  }
})

/** Such as `mine.permits → permit*`: a star where there may be several. */
const summary = (
  tables: readonly VersionedTable[],
  naming: 'preserve' | 'camelCase' = 'preserve',
  unversioned: readonly Relation[] = [],
): readonly string[] =>
  [...relateTables(nameAccessors(tables), naming, unversioned)]
    .flatMap(([table, relations]) =>
      relations.map((relation) => {
        const { name, target, many } = relation
        const kind = relation.kind === 'through' ? ` through ${relation.path.join('.')}` : ''
        const live = target.history ? '' : ` live ${target.name.type}`
        return `${table.base.name}.${name} → ${target.base.name}${many ? '*' : ''}${kind}${live}`
      }),
    )
    .sort()

test('names of relations: plurals, one-to-one, several, composite, to itself, in camel case', async () => {
  const tables = await tablesOf(`
    create table company (id int primary key, boss_id int references company);
    create table "MineSite" ("siteId" int primary key, company_id int references company, "formerCompanyId" int references company);
    create table branch (a int, b int, company_id int unique references company, primary key (a, b));
    create table sample (id int primary key, a int, b int, other_a int, other_b int,
      foreign key (a, b) references branch, constraint z_other foreign key (other_a, other_b) references branch);
    create table dish (_id int primary key references company, id int references company, company text,
      code int references company (id));
    create table news (id int primary key references company)`)
  assert.equal(summary(tables), [
    'MineSite.company → company',
    'MineSite.formerCompany → company',
    'branch.company → company',
    'branch.samples → sample*',
    'branch.samples_by_other_a_other_b → sample*',
    'company.MineSites → MineSite*',
    'company.MineSites_by_formerCompany → MineSite*',
    'company.boss → company',
    'company.branch → branch',
    'company.companies_by_boss → company*',
    'company.dish_by__id → dish',
    'company.dishes_by_code → dish*',
    'company.dishes_by_id → dish*',
    'company.news → news',
    'dish._id → company',
    'dish.code → company',
    'dish.id → company',
    'news.id → company',
    'sample.branch → branch',
    'sample.branch_by_other_a_other_b → branch',
  ])
  const camel = summary(tables, 'camelCase')
  assert.ok(camel.includes('company.companiesByBoss → company*'))
  assert.ok(camel.includes('sample.branchByOtherAOtherB → branch'))
  fc.assert(
    fc.property(fc.shuffledSubarray([...tables], { minLength: tables.length }), (shuffled) => {
      assert.equal(summary(shuffled), summary(tables))
    }),
    { numRuns: 20 },
  )
})

test('join tables: a shortcut from each side, also to itself and where several could be meant', async () => {
  const tables = await tablesOf(`
    create table person (id int primary key);
    create table site (region text, no int, primary key (region, no));
    create table person_site (person_id int references person, region text, no int, since date,
      foreign key (region, no) references site, primary key (person_id, region, no));
    create table visit (visitor_id int references person (id), region text, no int,
      foreign key (region, no) references site, primary key (region, no, visitor_id));
    create table friendship (person_id int references person, friend_id int references person, primary key (friend_id, person_id));
    create table tenant_site (region text, person_id int references person, no int, primary key (region, no),
      foreign key (region, no) references site);
    create table loan (id int primary key, a int references person, b int references person, unique (a, b))`)
  assert.equal(
    summary(tables).filter((line) => line.includes('through')),
    [
      'person.friends → person* through friendships.friend',
      'person.persons → person* through friendships_by_friend.person',
      'person.sites → site* through person_sites.site',
      'person.sites_by_visit → site* through visits.site',
      'site.persons → person* through person_sites.person',
      'site.visitors → person* through visits.visitor',
    ],
  )
  assert.ok(summary(tables, 'camelCase').includes('person.sitesByVisit → site* through visits.site'))
  fc.assert(
    fc.property(fc.shuffledSubarray([...tables], { minLength: tables.length }), (shuffled) => {
      assert.equal(summary(shuffled), summary(tables))
    }),
    { numRuns: 20 },
  )
})

test('tables without history are related as they are now; names are those they would have with it', async () => {
  const tables = await tablesOf(`
    create schema app;
    create table app.company (id int primary key);
    create table company (id int primary key, parent_id int references app.company);
    create table mine (id int primary key, owner_id int references app.company, company_id int references company);
    create table note (mine_id int not null references mine, id int primary key);
    create table mine_note (mine_id int references mine, note_id int references note, primary key (mine_id, note_id));
    create table elsewhere (id int primary key, other_id int references app.company)`)
  const versioned = tables.filter(({ base }) => base.name.startsWith('mine'))
  const unversioned = tables.filter((table) => !versioned.includes(table)).map(({ base }) => base)
  const live = summary(versioned, 'preserve', unversioned)
  assert.equal(live, [
    'mine.company → company live Company',
    'mine.mine_notes → mine_note*',
    'mine.notes → note* live Note',
    'mine.notes_by_mine_note → note* through mine_notes.note live Note',
    'mine.owner → company live AppCompany',
    'mine_note.mine → mine',
    'mine_note.note → note live Note',
  ])
  const all = summary(tables)
  for (const line of live) assert.ok(all.includes(line.replace(/ live \w+$/, '')), line)
})

test('no relation where a column has no history, transactions differ, or the other table has no accessor', async () => {
  const [child, parent] = await tablesOf(
    `create table parent (id int primary key, code text unique); create table child (id int primary key, code text references parent (code))`,
  )
  assert.ok(child && parent)
  const without = (table: VersionedTable) => ({ ...table, columns: table.columns.filter(({ name }) => name === 'id') })
  assert.equal(summary([child, parent]), ['child.code → parent', 'parent.childs → child*'])
  assert.equal(summary([without(child), parent]), [])
  assert.equal(summary([child, without(parent)]), [])
  assert.equal(summary([{ ...child, transaction: { ...child.transaction, name: 'other' } }, parent]), [])
  assert.equal(summary([child]), [])
})

test('a new accessor joins those on disk that are related to it, but for edited and outdated ones', () =>
  withTemporaryFolder(async (out) => {
    const tables = await tablesOf(await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8'))
    const settings = {
      out,
      naming: 'preserve',
      importExtension: '.ts',
      values: { int8: 'string', numeric: 'string', timestamptz: 'Date' },
    } as Settings
    const select = (...names: readonly string[]) => new Set(tables.filter(({ base }) => names.includes(base.name)))
    const write = async (...names: readonly string[]) => {
      const planned = await planAccessors(tables, select(...names), settings, { settled: true })
      for (const file of planned) await writeFile(file.path, await stampFile(file))
      return planned.map(({ path }) => path.slice(out.length + 1)).join()
    }
    const read = (file: string) => readFile(join(out, file), 'utf8')

    assert.is(await write('mine'), 'mine.ts,index.ts')
    assert.match(await read('mine.ts'), /mines_by_parent/)
    assert.not.match(await read('mine.ts'), /permit/)
    assert.is(await write('permit'), 'mine.ts,permit.ts,index.ts')
    assert.match(await read('mine.ts'), /permits: PermitState\[\]/)
    assert.is(await write('permit'), 'permit.ts,index.ts', 'it knows it already')

    const edited = `${await read('mine.ts')}export const mine = 1\n`
    await writeFile(join(out, 'mine.ts'), edited)
    assert.is(await write('survey'), 'survey.ts,index.ts')
    assert.is(await read('mine.ts'), edited)

    const changed = tables.map((table) =>
      table.base.name === 'permit'
        ? { ...table, columns: table.columns.filter(({ name }) => name !== 'former_mine_guid') }
        : table,
    )
    const planned = await planAccessors(
      changed,
      new Set(changed.filter(({ base }) => base.name === 'condition')),
      settings,
      {
        settled: true,
      },
    )
    assert.is(planned.map(({ path }) => path.slice(out.length + 1)).join(), 'condition.ts,index.ts')
  }))

test('no relation makes a thenable of the relations', async () => {
  const tables = await tablesOf(`create table step (id int primary key, then_id int references step)`)
  assert.equal(summary(tables), ['step.step_by_then_id → step', 'step.steps_by_then → step*'])
})

test.run()
