import { compareStates, decodeKey, decodeRow, stateOf } from './changes.ts'
import type { TextRow } from './executor.ts'
import type { StoredVersion, Table } from './table.ts'
import type { Changes, Operation, Transaction, Version } from './types.ts'

/** What versions ask of the history they came from. */
export interface Reader<Key extends object, Data extends object> {
  previous(version: StoredVersion, index: number): Promise<Version<Key, Data> | undefined>
  next(version: StoredVersion, index: number): Promise<Version<Key, Data> | undefined>
  revert(version: StoredVersion): Promise<Operation | null>
}

/** A version with its values decoded. A class, so that printing or serializing one shows its data and nothing else. */
export class RecordVersion<Key extends object, Data extends object> implements Version<Key, Data> {
  readonly key: Key
  readonly data: Data
  readonly operation: Operation
  readonly index: number
  readonly transaction: Transaction
  readonly changeset: Changes<Data>
  readonly #stored: StoredVersion
  readonly #reader: Reader<Key, Data>

  /** @param before the row as it was before this version; undefined when it was not there */
  constructor(
    table: Table,
    stored: StoredVersion,
    before: TextRow | undefined,
    index: number,
    reader: Reader<Key, Data>,
  ) {
    this.key = decodeKey(table, stored.texts)
    this.data = decodeRow(table, stored.texts)
    this.operation = stored.operation
    this.index = index
    this.transaction = stored.transaction
    this.changeset = compareStates(table, before, stateOf(stored))
    this.#stored = stored
    this.#reader = reader
  }

  previous(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.previous(this.#stored, this.index)
  }

  next(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.next(this.#stored, this.index)
  }

  revert(): Promise<Operation | null> {
    return this.#reader.revert(this.#stored)
  }
}
