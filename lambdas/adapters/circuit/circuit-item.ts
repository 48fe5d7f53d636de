import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type CircuitState, circuitState } from '../../contract/circuit/circuit-state.ts';
import { DecodeError } from '../../contract/decode.ts';
import { MAX_VERSION } from '../../contract/table.ts';
import type { Item } from '../table/table-client.ts';

/** A circuit as attributes of an item: texts, numbers and maps of numbers. */
export function encodeCircuitItem(circuit: CircuitState): Item {
  return Object.fromEntries(Object.entries(circuit).map(([name, value]) => [name, encodeValue(value)]));
}

function encodeValue(value: string | number | Readonly<Record<string, number>>): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    case 'object':
      return { M: Object.fromEntries(Object.entries(value).map(([name, number]) => [name, { N: String(number) }])) };
  }
}

/** @throws DecodeError for an item that is no circuit: a person may have edited it */
export function decodeCircuitItem(item: Item): CircuitState {
  const circuit = circuitState(plain(item), 'circuit');
  // A circuit that has an item has moved. With version 0 it could never move again.
  if (versionOf(item) === 0) throw new DecodeError('circuit.version', `from 1 to ${MAX_VERSION - 1}`, circuit.version);
  return circuit;
}

/** The version of any item; 0: it has none from which the next one could be counted. DynamoDB keeps 38 digits. */
export function versionOf(item: Item): number {
  const text = item['version']?.N ?? '';
  const version = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  return version < MAX_VERSION ? version : 0;
}

/** Numbers, texts and maps of numbers. People may add other attributes, but those are no fields of a circuit. */
function plain(item: Item): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: AttributeValue): unknown {
  if (value.M !== undefined) return plain(value.M);
  return value.N === undefined ? value.S : Number(value.N);
}
