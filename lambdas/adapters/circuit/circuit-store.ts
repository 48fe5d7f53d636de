import { randomUUID } from 'node:crypto';
import { type CircuitState, INITIAL_CIRCUIT } from '../../contract/circuit/circuit-state.ts';
import { DecodeError } from '../../contract/decode.ts';
import type { CircuitFacts } from '../../contract/operations/circuit-operations.ts';
import {
  CIRCUIT_HISTORY_PREFIX,
  CIRCUIT_STATE_SORT_KEY,
  circuitHistorySortKey,
  circuitPartition,
  TABLE,
} from '../../contract/table.ts';
import type { Condition, Item, TableClient } from '../table/table-client.ts';
import { decodeCircuitItem, encodeCircuitItem, versionOf } from './circuit-item.ts';

/** How long the history keeps a transition. */
const HISTORY_DAYS = 90;

/** Holds for a circuit that never moved, since it has no item. */
const NEVER_MOVED: Condition = { expression: `attribute_not_exists(${TABLE.partitionKey})` };
/** Holds while the item is no circuit: the version of a circuit is a number. */
const NO_VERSION: Condition = {
  expression: 'NOT attribute_type(#version, :number)',
  names: { '#version': 'version' },
  values: { ':number': { S: 'N' } },
};

/** A circuit, or the fault of an item that somebody edited into something else. */
type Inspected = Pick<CircuitFacts, 'circuit' | 'fault'>;

const WRITTEN = Symbol('written');

/** The circuit of one service in DynamoDB. Each method throws when DynamoDB does not answer. */
export class CircuitStore {
  readonly #client: TableClient;
  readonly #partition: string;

  constructor(client: TableClient, { gateway, service }: { gateway: string; service: string }) {
    this.#client = client;
    this.#partition = circuitPartition(gateway, service);
  }

  /**
   * @param consistent whether the newest item must be seen: such a read costs twice as much
   * @throws DecodeError for an item that is no circuit
   */
  async read({ consistent = false } = {}): Promise<CircuitState> {
    const item = await this.#item(consistent);
    return item === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(item);
  }

  /** The newest circuit, or the fault of its item. */
  async inspect(): Promise<Inspected> {
    return inspected(await this.#item(true));
  }

  /**
   * Stores `next` if the table still holds `previous`.
   *
   * @returns the state in the table afterwards: `next` itself, or what another writer stored first
   * @throws DecodeError for an item that is no circuit
   */
  async replace(previous: CircuitState, next: CircuitState): Promise<CircuitState> {
    const unmoved = previous.version === 0 ? NEVER_MOVED : versionIs(String(previous.version));
    const current = await this.#write(next, unmoved);
    if (current === WRITTEN) return next;
    return current === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(current);
  }

  /**
   * Replaces an item that is no circuit. A circuit that cannot be read can be moved in no other way.
   *
   * @returns the circuit with its new version, which is greater than the item's; undefined: another writer was first
   */
  async overwrite(circuit: CircuitState): Promise<CircuitState | undefined> {
    const item = await this.#item(true);
    if (item === undefined || inspected(item).circuit !== null) return undefined;
    // An instance may have seen a greater version before the edit. No circuit makes a transition each second.
    const version = versionOf(item) || Math.floor(circuit.atMs / 1000);
    const next = { ...circuit, version: version + 1 };
    const edited = item['version']?.N;
    const current = await this.#write(next, edited === undefined ? NO_VERSION : versionIs(edited));
    return current === WRITTEN ? next : undefined;
  }

  /** Puts a transition into the history. */
  async remember(next: CircuitState): Promise<void> {
    const expiresAt = Math.floor(next.atMs / 1000) + HISTORY_DAYS * 86_400;
    const key = { partition: this.#partition, sort: circuitHistorySortKey(next.version) };
    await this.#client.put(key, { ...encodeCircuitItem(next), [TABLE.ttl]: { N: String(expiresAt) } });
  }

  /** The newest transitions, newest first. It leaves out an item that is no circuit. */
  async history(limit: number): Promise<readonly CircuitState[]> {
    const { items } = await this.#client.query(this.#partition, {
      prefix: CIRCUIT_HISTORY_PREFIX,
      ScanIndexForward: false,
      Limit: limit,
    });
    return items.flatMap((item) => inspected(item).circuit ?? []);
  }

  /** @returns `WRITTEN`, or the item as another writer left it */
  async #write(circuit: CircuitState, condition: Condition): Promise<typeof WRITTEN | Item | undefined> {
    const writeId = randomUUID();
    const attributes = { ...encodeCircuitItem(circuit), writeId: { S: writeId } };
    if (await this.#client.put(this.#stateKey, attributes, condition)) return WRITTEN;
    // When the answer to a write is lost, the client sends the write again. Its own first write then fails the condition.
    const current = await this.#item(true);
    return current?.['writeId']?.S === writeId ? WRITTEN : current;
  }

  #item(consistent: boolean): Promise<Item | undefined> {
    return this.#client.get(this.#stateKey, { consistent });
  }

  get #stateKey() {
    return { partition: this.#partition, sort: CIRCUIT_STATE_SORT_KEY };
  }
}

/** Holds only while no other writer has moved the circuit since it was read. */
function versionIs(version: string): Condition {
  return {
    expression: '#version = :expected',
    names: { '#version': 'version' },
    values: { ':expected': { N: version } },
  };
}

function inspected(item: Item | undefined): Inspected {
  try {
    return { circuit: item === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(item), fault: null };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { circuit: null, fault: error.message };
  }
}
