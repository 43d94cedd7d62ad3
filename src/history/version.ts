import { compareStates, decodeKey, decodeRow, stateOf } from './changes.ts'
import type { TextRow } from './executor.ts'
import type { StoredVersion, Table } from './table.ts'
import type { Changes, Operation, RevertOptions, RowChange, State, Transaction, Version } from './types.ts'

/** What versions ask of the history they came from. */
export interface Reader<Key extends object, Data extends object> extends Reverter {
  previous(version: StoredVersion, index: number | undefined): Promise<Version<Key, Data> | undefined>
  next(version: StoredVersion, index: number | undefined): Promise<Version<Key, Data> | undefined>
}

/** What all states ask. */
export interface Reverter {
  revert(version: StoredVersion, columns: readonly PropertyKey[] | undefined): Promise<Operation | null>
}

/** A state with its values decoded. A class, so that printing or serializing one shows its data and nothing else. */
export class RecordState<Key extends object, Data extends object> implements State<Key, Data> {
  readonly key: Key
  readonly data: Data
  readonly operation: Operation
  readonly transaction: Transaction
  readonly #table: Table
  readonly #stored: StoredVersion
  readonly #reverter: Reverter

  constructor(table: Table, stored: StoredVersion, reverter: Reverter) {
    this.key = decodeKey(table, stored.texts)
    this.data = decodeRow(table, stored.texts)
    this.operation = stored.operation
    this.transaction = stored.transaction
    this.#table = table
    this.#stored = stored
    this.#reverter = reverter
  }

  async revert({ columns }: RevertOptions<Data> = {}): Promise<Operation | null> {
    return this.#reverter.revert(this.#stored, columns)
  }

  /** What a state of `table` came from; undefined when it is none. */
  static storedOf(table: Table, state: object): StoredVersion | undefined {
    return #stored in state && state.#table === table ? state.#stored : undefined
  }
}

/** A state, and what differs from the one before. */
export class RecordChange<Key extends object, Data extends object>
  extends RecordState<Key, Data>
  implements RowChange<Key, Data>
{
  readonly changeset: Changes<Data>
  readonly #stored: StoredVersion
  readonly #index: number | undefined
  readonly #reader: Reader<Key, Data>

  /**
   * @param before the row as it was before this version; undefined when it was not there
   * @param index where it is known
   */
  constructor(
    table: Table,
    stored: StoredVersion,
    before: TextRow | undefined,
    index: number | undefined,
    reader: Reader<Key, Data>,
  ) {
    super(table, stored, reader)
    this.changeset = compareStates(table, before, stateOf(stored))
    this.#stored = stored
    this.#index = index
    this.#reader = reader
  }

  previous(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.previous(this.#stored, this.#index)
  }

  next(): Promise<Version<Key, Data> | undefined> {
    return this.#reader.next(this.#stored, this.#index)
  }
}

/** A version among those of its row. */
export class RecordVersion<Key extends object, Data extends object>
  extends RecordChange<Key, Data>
  implements Version<Key, Data>
{
  readonly index: number

  constructor(
    table: Table,
    stored: StoredVersion,
    before: TextRow | undefined,
    index: number,
    reader: Reader<Key, Data>,
  ) {
    super(table, stored, before, index, reader)
    this.index = index
  }
}
