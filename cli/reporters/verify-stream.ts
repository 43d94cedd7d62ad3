import type { VerifyEvent } from '../../src/results.ts'
import { count, printable } from '../printable.ts'
import { tableJson } from './json.ts'
import type { View } from './view.ts'

/** Turns what is found into text, one event after the other: however much it is, little is kept. */
export interface VerifyReporter {
  /** What to print for an event. */
  add(event: VerifyEvent): string
  /** What to print at the end. */
  end(): string
  /** Whether everything was verified and nothing is wrong. */
  ok(): boolean
}

/** For people: a line for each violation under its table, then one line that sums up. */
export const verifyText = ({ paint, quiet }: View): VerifyReporter => {
  let inTable = false
  let tables = 0
  let unverified = 0
  let violations = 0
  return {
    add: (event) => {
      const name = paint('bold', printable(event.table.table))
      if (event.kind === 'violation') {
        const { key, transactionId, problem, message } = event.violation
        const row = Object.entries(key).map(([column, value]) => `${column} ${JSON.stringify(value)}`)
        const version = transactionId === null ? row.join(', ') : `${row.join(', ')} in transaction ${transactionId}`
        const line = `  ${paint('red', problem)}  ${printable(`${version} ${message}`)}\n`
        const head = inTable ? '' : `${name}\n`
        inTable = true
        violations++
        return head + line
      }
      inTable = false
      tables++
      if (event.kind === 'verified') return ''
      unverified++
      return `${name}\n  ${paint('red', 'not verified')}  ${printable(event.reason)}: versiongen check\n`
    },
    end: () => {
      if (violations + unverified === 0) {
        return quiet ? '' : `${paint('green', `${count(tables, 'table')} verified, no violations`)}\n`
      }
      const parts = [
        violations > 0 ? count(violations, 'violation') : '',
        unverified > 0 ? `${count(unverified, 'table')} not verified` : '',
      ]
      return `${paint('red', `${parts.filter((part) => part !== '').join(', ')}, of ${count(tables, 'table')}`)}\n`
    },
    ok: () => violations + unverified === 0,
  }
}

/** One JSON document, written piece by piece; `ok` comes last, because only then it is known. */
export const verifyJson = (view: Pick<View, 'cwd'>): VerifyReporter => {
  let sound = true
  let tables = 0
  let inTable = 0
  const opening = (event: VerifyEvent): string => {
    const head = JSON.stringify(tableJson(event.table, view)).slice(0, -1)
    return `${tables++ === 0 ? '{\n  "tables": [' : ','}\n    ${head},"violations":[`
  }
  return {
    add: (event) => {
      const head = inTable === 0 ? opening(event) : ''
      if (event.kind === 'violation') {
        sound = false
        return `${head}${inTable++ === 0 ? '' : ','}\n      ${JSON.stringify(event.violation)}`
      }
      const close = inTable === 0 ? ']' : '\n    ]'
      inTable = 0
      if (event.kind === 'verified') return `${head}${close},"reason":null}`
      sound = false
      return `${head}${close},"reason":${JSON.stringify(event.reason)}}`
    },
    end: () => `${tables === 0 ? '{\n  "tables": [' : '\n  '}],\n  "ok": ${sound}\n}\n`,
    ok: () => sound,
  }
}
