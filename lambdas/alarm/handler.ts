import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { createDynamoDB, sdkTable } from '../adapters/table/dynamodb.ts';
import { circuitsConfig } from '../contract/circuit/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { createTrip } from './trip.ts';

const config = readDocument('circuits', circuitsConfig);
// No client waits for this function, and Lambda repeats a failed event only after a minute.
const table = sdkTable(createDynamoDB({ timeoutMs: 2000 }), process.env[Env.table] ?? '');

export const handler = createTrip({
  config,
  storeOf: (service) => new CircuitStore(table, { gateway: config.gateway, service }),
  clock: Date.now,
  random: Math.random,
});
