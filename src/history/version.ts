import { compareStates, decodeKey, decodeRow, stateOf } from './changes.ts'
import type { TextRow } from './executor.ts'
import type { StoredVersion, Table } from './table.ts'
import type { Changes, Operation, Transaction, Version } from './types.ts'

/** What a version asks of the history it came from. */
export interface Reader<Key extends object, Data extends object> {
  previous(): Promise<Version<Key, Data> | undefined>
  next(): Promise<Version<Key, Data> | undefined>
  revert(): Promise<Operation | null>
}

/** A version with its values decoded. A class, so that printing or serializing one shows its data and nothing else. */
export class RecordVersion<Key extends object, Data extends object> implements Version<Key, Data> {
  readonly key: Key
  readonly data: Data
  readonly operation: Operation
  readonly index: number
  readonly transaction: Transaction
  readonly changeset: Changes<Data>
  readonly #reader: Reader<Key, Data>

  constructor(
    table: Table,
    { texts, operation, transaction }: StoredVersion,
    before: TextRow | undefined,
    index: number,
    reader: Reader<Key, Data>,
  ) {
    this.key = decodeKey(table, texts)
    this.data = decodeRow(table, texts)
    this.operation = operation
    this.index = index
    this.transaction = transaction
    this.changeset = compareStates(table, before, stateOf({ texts, operation, transaction }))
    this.#reader = reader
  }

  previous(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.previous()
  }

  next(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.next()
  }

  revert(): Promise<Operation | null> {
    return this.#reader.revert()
  }
}
