import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { createDynamoDB } from '../adapters/table/dynamodb.ts';
import { decodeCircuitsConfig } from '../contract/circuit/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { createWidget } from './widget.ts';

const config = decodeCircuitsConfig(readDocument('circuits'));
const client = createDynamoDB({ timeoutMs: 2000 });
const table = process.env[Env.table] ?? '';

export const handler = createWidget({
  config,
  operatorFunction: process.env[Env.operatorFunction] ?? '',
  storeOf: (service) => new CircuitStore(client, table, { gateway: config.gateway, service }),
  clock: Date.now,
  // An operator waits, and can refresh the widget.
  timeoutMs: 5000,
});
