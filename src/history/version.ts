import { compareStates, decodeKey, decodeRow, stateOf } from './changes.ts'
import { define } from './define.ts'
import type { TextRow } from './executor.ts'
import type { RestoreOptions } from './restore.ts'
import type { StoredVersion, Table } from './table.ts'
import type {
  Abortable,
  Changes,
  KeyRead,
  None,
  Operation,
  Relations,
  RevertOptions,
  RowChange,
  State,
  Transaction,
  Version,
} from './types.ts'

/** What versions ask of the history they came from. */
export interface Reader<Key extends object, Data extends object, Related extends object = None> extends StateReader {
  previous(
    version: StoredVersion,
    index: number | undefined,
    options?: Abortable,
  ): Promise<Version<Key, Data, Related> | undefined>
  next(
    version: StoredVersion,
    index: number | undefined,
    options?: Abortable,
  ): Promise<Version<Key, Data, Related> | undefined>
}

/** What all states ask. */
export interface StateReader {
  revert(version: StoredVersion, options: RestoreOptions): Promise<Operation | null>
  related(version: StoredVersion, relation: string, options?: Abortable): Promise<unknown>
}

/** A state with its values decoded. A class, so that printing or serializing one shows its data and nothing else. */
export class RecordState<Key extends object, Data extends object, Related extends object = None> implements State<
  Key,
  Data,
  Related
> {
  readonly key: KeyRead<Key, Data>
  readonly data: Data
  readonly operation: Operation
  readonly transaction: Transaction
  readonly #table: Table
  readonly #stored: StoredVersion
  readonly #stateReader: StateReader
  /** By relation, what was read beforehand. */
  #loaded: Map<string, unknown> | undefined

  constructor(table: Table, stored: StoredVersion, reader: StateReader) {
    this.key = decodeKey(table, stored.texts)
    this.data = decodeRow(table, stored.texts)
    this.operation = stored.operation
    this.transaction = stored.transaction
    this.#table = table
    this.#stored = stored
    this.#stateReader = reader
  }

  async revert(options: RevertOptions<Data, Related> = {}): Promise<Operation | null> {
    return this.#stateReader.revert(this.#stored, options)
  }

  get related(): Relations<Related> {
    const methods = {}
    for (const name of this.#table.relations.keys()) {
      define(methods, name, async (options?: Abortable) => {
        if (!this.#loaded?.has(name)) return this.#stateReader.related(this.#stored, name, options)
        options?.signal?.throwIfAborted()
        return this.#loaded.get(name)
      })
    }
    return methods as Relations<Related>
  }

  /** Makes `related` know what was read beforehand. */
  load(relation: string, value: unknown): void {
    this.#loaded ??= new Map()
    this.#loaded.set(relation, value)
  }

  /** What a state of `table` came from; undefined when it is none. */
  static storedOf(table: Table, state: object): StoredVersion | undefined {
    return #stored in state && state.#table === table ? state.#stored : undefined
  }
}

/** A state, and what differs from the one before. */
export class RecordChange<Key extends object, Data extends object, Related extends object = None>
  extends RecordState<Key, Data, Related>
  implements RowChange<Key, Data, Related>
{
  readonly changeset: Changes<Data>
  readonly #stored: StoredVersion
  readonly #index: number | undefined
  readonly #reader: Reader<Key, Data, Related>

  /**
   * @param before the row as it was before this version; undefined when it was not there
   * @param index where it is known
   */
  constructor(
    table: Table,
    stored: StoredVersion,
    before: TextRow | undefined,
    index: number | undefined,
    reader: Reader<Key, Data, Related>,
  ) {
    super(table, stored, reader)
    this.changeset = compareStates(table, before, stateOf(stored))
    this.#stored = stored
    this.#index = index
    this.#reader = reader
  }

  previous(options?: Abortable): Promise<Version<Key, Data, Related> | undefined> {
    return this.#reader.previous(this.#stored, this.#index, options)
  }

  next(options?: Abortable): Promise<Version<Key, Data, Related> | undefined> {
    return this.#reader.next(this.#stored, this.#index, options)
  }
}

/** A version among those of its row. */
export class RecordVersion<Key extends object, Data extends object, Related extends object = None>
  extends RecordChange<Key, Data, Related>
  implements Version<Key, Data, Related>
{
  readonly index: number

  constructor(
    table: Table,
    stored: StoredVersion,
    before: TextRow | undefined,
    index: number,
    reader: Reader<Key, Data, Related>,
  ) {
    super(table, stored, before, index, reader)
    this.index = index
  }
}
