import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { Problems } from '../../src/models/problems.ts'

const errorAt = (file: string, line: number, column: number, hint?: string): VersiongenError =>
  new VersiongenError('model-option', `wrong at ${line}`, {
    where: { file, line, column },
    ...(hint === undefined ? {} : { hint }),
  })

const thrownBy = (errors: readonly VersiongenError[]): unknown => {
  const problems = new Problems()
  errors.forEach((error) => problems.add(error))
  try {
    problems.throwIfAny()
  } catch (error) {
    return error
  }
  return undefined
}

test('throws nothing when nothing is wrong', () => assert.is(thrownBy([]), undefined))

test('throws a single error as it is', () => {
  const error = errorAt('a.ts', 1, 1)
  assert.is(thrownBy([error]), error)
})

test('throws the first by place, says where the others are and keeps all of them', () => {
  const [first, second, third] = [errorAt('a.ts', 2, 9, 'do this'), errorAt('a.ts', 10, 1), errorAt('b.ts', 1, 1)]
  const error = thrownBy([third, second, first])
  assert.instance(error, VersiongenError)
  const { message, where, hint, cause } = error as VersiongenError
  assert.is(message, 'wrong at 2')
  assert.equal(where, { file: 'a.ts', line: 2, column: 9 })
  assert.is(hint, 'do this; also: a.ts:10:1 wrong at 10; b.ts:1:1 wrong at 1')
  assert.instance(cause, AggregateError)
  assert.equal((cause as AggregateError).errors, [first, second, third])
})

test('names no more than five others', () => {
  const error = thrownBy(Array.from({ length: 9 }, (_, index) => errorAt('a.ts', index + 1, 1)))
  assert.match((error as VersiongenError).hint ?? '', /a\.ts:6:1 wrong at 6; and 3 more$/)
})

test('lets what is not its own through', () => {
  const problems = new Problems()
  assert.throws(
    () =>
      problems.catch(() => {
        throw new TypeError('a defect')
      }),
    'a defect',
  )
})

test.run()
