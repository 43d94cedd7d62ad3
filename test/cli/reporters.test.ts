import { createRequire } from 'node:module'
import ajv from 'ajv-draft-04'
import formats4 from 'ajv-formats'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createPaint, plain } from '../../cli/paint.ts'
import { displayWidth, printable } from '../../cli/printable.ts'
import { formatReport, repositoryOf } from '../../cli/reporters/formats.ts'
import { generateJson, generateText } from '../../cli/reporters/generate-summary.ts'
import { textReport } from '../../cli/reporters/text.ts'
import { statusJson, statusText } from '../../cli/reporters/status-table.ts'
import { matchFixture } from '../support/fixture.ts'
import { drift, generated, inSync, onlyWarnings, partial, rows } from './results.ts'

const view = { cwd: '/project', repository: '/project', paint: plain, quiet: false }

const formats = [
  ['text', 'txt'],
  ['json', 'json'],
  ['github', 'txt'],
  ['sarif', 'json'],
  ['junit', 'xml'],
  ['markdown', 'md'],
] as const

for (const [format, ending] of formats) {
  test(`check as ${format}`, async () => {
    const texts = await Promise.all([drift, inSync, onlyWarnings].map((report) => formatReport(format, report, view)))
    await matchFixture(texts[0] ?? '', `cli/reporters/drift-${format}.${ending}`)
    await matchFixture(texts[1] ?? '', `cli/reporters/in-sync-${format}.${ending}`)
    await matchFixture(texts[2] ?? '', `cli/reporters/warnings-${format}.${ending}`)
    for (const text of texts) assert.not.match(text, /(?!\n)\p{Cc}/u, 'no control character but line feeds')
  })
}

test('the JSON report has the keys of the contract and no others', async () => {
  const report = JSON.parse(await formatReport('json', drift, view)) as {
    tables: { model: object; findings: object[] }[]
    findings: object[]
  }
  assert.equal(Object.keys(report), ['ok', 'tables', 'findings'])
  assert.equal(Object.keys(report.tables[0] ?? {}), ['table', 'model', 'versionTable', 'findings'])
  assert.equal(report.tables[0]?.model, { name: 'Mine', file: 'src/models/mine.ts', line: 3 })
  const keys = ['code', 'severity', 'object', 'expected', 'actual', 'message', 'fix']
  for (const finding of [...report.findings, ...report.tables.flatMap(({ findings }) => findings)])
    assert.equal(Object.keys(finding), keys)
})

test('SARIF: every result points to its rule, levels are of the standard, fingerprints are stable and distinct', async () => {
  const sarif = JSON.parse(await formatReport('sarif', drift, view)) as {
    version: string
    runs: {
      tool: { driver: { name: string; rules: { id: string }[] } }
      results: {
        ruleId: string
        ruleIndex: number
        level: string
        message: { text: string }
        locations: { physicalLocation?: { artifactLocation: { uri: string }; region: { startLine: number } } }[]
        partialFingerprints: Record<string, string>
      }[]
    }[]
  }
  assert.is(sarif.version, '2.1.0')
  const [run] = sarif.runs
  if (run === undefined) throw new Error('no run')
  assert.is(run.results.length, 5)
  for (const result of run.results) {
    assert.is(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId)
    assert.ok(['error', 'warning', 'note', 'none'].includes(result.level))
    assert.ok(result.message.text)
    for (const { physicalLocation } of result.locations) {
      if (physicalLocation === undefined) continue
      assert.ok(physicalLocation.region.startLine >= 1)
      assert.not.throws(() => new URL(physicalLocation.artifactLocation.uri, 'file:///project/'))
      assert.not.match(physicalLocation.artifactLocation.uri, /[\s\\:](?!\/\/)/)
    }
  }
  const prints = run.results.map(({ partialFingerprints }) => partialFingerprints['driftObject/v1'])
  assert.is(new Set(prints).size, 5)
  assert.is(prints[0], '851828471acbc4093c502b9233edb8030dadfe386235d6af5fa10935f0dbfdf5')
})

/** The schema of the standard, as Microsoft's own matchers for SARIF carry it. */
const sarifSchema = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object

test('SARIF: valid by the schema of the standard, version 2.1.0', async () => {
  const validator = new ajv.default({ allErrors: true, strict: false, unicodeRegExp: false })
  formats4.default(validator)
  const validate = validator.compile(sarifSchema)
  for (const report of [drift, inSync, onlyWarnings, partial]) {
    const sarif = JSON.parse(await formatReport('sarif', report, view)) as object
    validate(sarif)
    assert.equal(validate.errors ?? [], [])
    assert.not(validate({ ...sarif, runs: [{ results: [{ level: 'fatal' }] }] }), 'the schema is in force')
  }
})

test('JUnit: every suite and the whole count their cases, and what fails or is skipped', async () => {
  for (const report of [drift, inSync, onlyWarnings, partial]) {
    const xml = await formatReport('junit', report, view)
    assert.match(xml, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites [^>]*>\n[^]*<\/testsuites>\n$/)
    const suites = [...xml.matchAll(/<testsuite (.*)>\n([^]*?)<\/testsuite>/g)].map(([, head = '', body = '']) => ({
      head,
      body,
    }))
    const whole = /<testsuites (.*)>/.exec(xml)?.[1] ?? ''
    assert.is(numberIn(whole, 'tests'), xml.match(/<testcase /g)?.length)
    assert.is(numberIn(whole, 'failures'), (xml.match(/<failure /g) ?? []).length)
    assert.is(numberIn(whole, 'skipped'), (xml.match(/<skipped\/>/g) ?? []).length)
    for (const { head, body } of suites) {
      assert.is(numberIn(head, 'tests'), body.match(/<testcase /g)?.length, head)
      assert.is(numberIn(head, 'failures'), (body.match(/<failure /g) ?? []).length, head)
    }
    assert.equal(tagsLeftOpen(xml), [])
  }
})

const numberIn = (head: string, name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0)

/** Well-formed: every tag is closed in its turn, and no bare bracket or ampersand is left. */
const tagsLeftOpen = (xml: string): readonly string[] => {
  const open: string[] = []
  for (const [tag, slash, name = '', , self] of xml.matchAll(/<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (slash === '/') assert.is(open.pop(), name, tag)
    else if (self !== '/') open.push(name)
  }
  assert.not.match(
    xml.replace(/<\?xml.*\?>|<\/?[a-z-]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, ''),
    /<|&(?!(amp|lt|gt|quot|#\d+);)/,
  )
  return open
}

test('what was not looked at is said in every format', async () => {
  for (const [format] of formats) {
    const text = await formatReport(format, partial, view)
    assert.match(text, /rows and their (\\_)?versions/, format)
  }
})

test('GitHub: one line a finding, on the files of the repository', async () => {
  const lines = (await formatReport('github', drift, { ...view, repository: '/' })).trimEnd().split('\n')
  assert.is(lines.length, 6)
  assert.ok(lines.slice(0, 5).every((line) => /^::(error|warning) [^:]*::/.test(line)))
  assert.match(lines[0] ?? '', '::error file=project/src/models/mine.ts,line=3,title=')
  assert.is(repositoryOf({ cwd: '/srv/repo/app', env: { GITHUB_WORKSPACE: '/srv/repo' } }), '/srv/repo')
  assert.is(repositoryOf({ cwd: '/srv/other', env: { GITHUB_WORKSPACE: '/srv/repo' } }), '/srv/other')
  assert.is(repositoryOf({ cwd: '/srv/other', env: {} }), '/srv/other')
})

test('quiet leaves out warnings and good news', async () => {
  assert.is(await formatReport('text', inSync, { ...view, quiet: true }), '')
  assert.is(await formatReport('text', onlyWarnings, { ...view, quiet: true }), '')
  assert.not.match(await formatReport('text', drift, { ...view, quiet: true }), /model-column/)
  assert.is(generateText({ ...generated, findings: [] }, { ...view, quiet: true }), '')
  assert.not.match(statusText(rows, { ...view, quiet: true }), 'public.mine ')
})

test('a file that is what is wrong is named once', () => {
  const finding = {
    code: 'migration-name',
    severity: 'warning',
    object: 'sql/U1__a.sql',
    expected: null,
    actual: null,
    message: 'U1__a.sql is an undo migration, which only paid editions know',
    fix: null,
    where: { file: '/project/sql/U1__a.sql' },
  } as const
  const text = textReport({ ok: true, tables: [], findings: [finding] }, view)
  assert.is(text.split('sql/U1__a.sql').length, 2, text)
})

test('the summary of generate', async () => {
  await matchFixture(generateText(generated, view), 'cli/reporters/generate.txt')
  await matchFixture(generateText({ ...generated, dryRun: true }, view), 'cli/reporters/generate-dry-run.txt')
  await matchFixture(
    generateText({ ...generated, files: [], findings: [] }, view),
    'cli/reporters/generate-nothing.txt',
  )
  await matchFixture(generateJson({ ...generated, dryRun: true }, view), 'cli/reporters/generate.json')
})

test('the table of status', async () => {
  await matchFixture(statusText(rows, view), 'cli/reporters/status.txt')
  await matchFixture(statusJson(rows, view), 'cli/reporters/status.json')
  assert.is(statusText([], view), 'no models\n')
})

test('width on a terminal', () => {
  const widths: readonly [string, number][] = [
    ['', 0],
    ['mine', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['鉱山', 4],
    ['🏔️', 2],
    ['👩‍👩‍👧', 2],
    ['ﾊﾝｶｸ', 4],
    ['한글', 4],
  ]
  for (const [text, width] of widths) assert.is(displayWidth(text), width, text)
})

test('what could steer a terminal is written as an escape', () => {
  assert.is(printable('a\n\t\u001b[2J\u0085\u202e\ud800b'), 'a\\n\\t\\u001b[2J\\u0085\\u202e\\ud800b')
  assert.is(printable('鉱山 "é" 👩‍👧'), '鉱山 "é" 👩‍👧')
})

const red = (...args: Parameters<typeof createPaint>): string => createPaint(...args)('red', 'x')

test('colours: only for a terminal, and not when they are not wanted', () => {
  const terminal = { write: () => undefined, isTerminal: true, columns: 80 }
  const pipe = { ...terminal, isTerminal: false, columns: undefined }
  assert.is(red(terminal, {}, false), '\u001b[31mx\u001b[39m')
  assert.is(red(terminal, {}, true), 'x')
  assert.is(red(terminal, { NO_COLOR: '1' }, false), 'x')
  assert.is(red(terminal, { NO_COLOR: '' }, false), '\u001b[31mx\u001b[39m')
  assert.is(red(terminal, { TERM: 'dumb' }, false), 'x')
  assert.is(red(pipe, {}, false), 'x')
  assert.is(red(pipe, { FORCE_COLOR: '1' }, false), '\u001b[31mx\u001b[39m')
  assert.is(red(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false), 'x')
})

test.run()
