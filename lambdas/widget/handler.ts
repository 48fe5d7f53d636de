import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { createDynamoDB, sdkTable } from '../adapters/table/dynamodb.ts';
import { circuitsConfig } from '../contract/circuit/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { createWidget } from './widget.ts';

const config = readDocument('circuits', circuitsConfig);
const table = sdkTable(createDynamoDB({ timeoutMs: 2000 }), process.env[Env.table] ?? '');

export const handler = createWidget({
  config,
  operatorFunction: process.env[Env.operatorFunction] ?? '',
  storeOf: (service) => new CircuitStore(table, { gateway: config.gateway, service }),
  clock: Date.now,
  // An operator waits, and can refresh the widget.
  timeoutMs: 5000,
});
