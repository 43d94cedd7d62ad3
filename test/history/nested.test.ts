import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Changes, type Difference, diffNested, type Json, nestChanges } from '../../src/history/mod.ts'

const copy = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json

/** Makes the listed changes, one after the other, as a reader would by hand. */
const apply = (value: Json, differences: readonly Difference[]): Json => {
  const root: { value: Json } = { value: copy(value) }
  for (const { path, before, after } of differences) {
    let holder: unknown = root
    const steps = ['value', ...path]
    for (const step of steps.slice(0, -1)) holder = (holder as Record<string, unknown>)[step]
    const last = steps.at(-1) ?? ''
    const known = before === undefined ? undefined : (holder as Record<string, unknown>)[last]
    assert.is(JSON.stringify(known), JSON.stringify(before))
    if (Array.isArray(holder)) {
      if (before === undefined) holder.splice(Number(last), 0, after)
      else if (after === undefined) holder.splice(Number(last), 1)
      else holder[Number(last)] = after
    } else if (after === undefined) delete (holder as Record<string, unknown>)[last]
    else Object.defineProperty(holder, last, { value: after, configurable: true, enumerable: true, writable: true })
  }
  return root.value
}

// Few keys and values, so that much is alike; and names that objects have anyway.
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, 0, 1, 'a', ''),
    fc.array(tie('tree'), { maxLength: 6 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '0'), tie('tree'), { maxKeys: 4 }),
  ),
}))

const json = tree.map(copy)

test('the listed changes, applied to what was before, give what is after', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const differences = diffNested(before, after)
      const applied = apply(before, differences)
      assert.equal(JSON.stringify(sorted(applied)), JSON.stringify(sorted(after)))
      assert.equal(diffNested(applied, after), [])
    }),
    { numRuns: 3000 },
  )
})

test('nothing is listed of what is alike, and everything in an array once', () => {
  fc.assert(
    fc.property(
      json,
      fc.array(json, { maxLength: 5 }),
      fc.array(json, { maxLength: 5 }),
      json,
      (value, head, tail, more) => {
        assert.equal(diffNested(value, copy(value)), [])
        const inserted = diffNested([...head, ...tail], [...head, more, ...tail])
        assert.is(inserted.length, 1)
        assert.is(inserted[0]?.before, undefined)
        assert.is(JSON.stringify(inserted[0]?.after), JSON.stringify(more))
        const removed = diffNested([...head, more, ...tail], [...head, ...tail])
        assert.is(removed.length, 1)
        assert.is(removed[0]?.after, undefined)
      },
    ),
    { numRuns: 500 },
  )
})

/** With keys in order: that of an object says nothing. */
const sorted = (value: Json): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.keys(value)
          .sort()
          .map((name) => [name, sorted(value[name] ?? null)])
      : value

test('what a person reads', () => {
  assert.equal(
    diffNested(
      { owner: { name: 'Ann', since: 1 }, tags: ['a', 'c'] },
      { owner: { name: 'Bob' }, tags: ['a', 'b', 'c'] },
    ),
    [
      { path: ['owner', 'name'], before: 'Ann', after: 'Bob' },
      { path: ['owner', 'since'], before: 1, after: undefined },
      { path: ['tags', 1], before: undefined, after: 'b' },
    ],
  )
  // An object in an array that changed is looked into, also where others come and go.
  assert.equal(
    diffNested(
      [{ id: 1 }, { id: 2, n: 'x' }, { id: 3 }, { id: 4 }],
      [{ id: 1 }, { id: 2, n: 'y' }, { id: 4 }, { id: 5 }],
    ),
    [
      { path: [1, 'n'], before: 'x', after: 'y' },
      { path: [2], before: { id: 3 }, after: undefined },
      { path: [3], before: undefined, after: { id: 5 } },
    ],
  )
  assert.equal(diffNested(1, [1]), [{ path: [], before: 1, after: [1] }])
  assert.equal(diffNested({ a: null }, {}), [{ path: ['a'], before: null, after: undefined }])
  assert.equal(diffNested({}, { a: null }), [{ path: ['a'], before: undefined, after: null }])
  assert.equal(diffNested([], {}), [{ path: [], before: [], after: {} }])
})

test('dates, bytes and numbers are values', () => {
  assert.equal(diffNested(new Date(5), new Date(5)), [])
  assert.equal(diffNested(new Date(5), new Date(6)), [{ path: [], before: new Date(5), after: new Date(6) }])
  assert.equal(diffNested([Uint8Array.of(1)], [Uint8Array.of(1)]), [])
  assert.is(diffNested([Uint8Array.of(1)], [Uint8Array.of(2)]).length, 1)
  assert.equal(diffNested([Number.NaN, 1n], [Number.NaN, 1n]), [])
  assert.is(diffNested(0, -0).length, 1)
})

test('long arrays: what both begin and end with stays', () => {
  const long = Array.from({ length: 5000 }, (_, i) => ({ i }))
  const changed = long.toSpliced(2000, 1, { i: -1 })
  assert.equal(diffNested(long, changed), [{ path: [2000, 'i'], before: 2000, after: -1 }])
  assert.equal(diffNested(long, long.slice(1)), [{ path: [0], before: { i: 0 }, after: undefined }])
})

test('a changeset, with the column first in each path', () => {
  interface Row {
    readonly name: string
    readonly permit: Json | null
    readonly notes: Json | null
    readonly tags: (string | null)[] | null
  }
  const changes: Changes<Row> = {
    name: ['a', 'b'],
    permit: [{ a: [1] }, { a: [1, 2] }],
    notes: [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    tags: [null, ['x']],
  }
  assert.equal(nestChanges(changes), [
    { path: ['name'], before: 'a', after: 'b' },
    { path: ['permit', 'a', 1], before: undefined, after: 2 },
    { path: ['tags'], before: null, after: ['x'] },
  ])
  const hostile = JSON.parse('{"__proto__": [1, 2]}') as Changes<Row>
  assert.equal(nestChanges(hostile)[0]?.path, ['__proto__'])
})

test.run()
