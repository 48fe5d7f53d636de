import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { createDynamoDB } from '../adapters/table/dynamodb.ts';
import { decodeCircuitsConfig } from '../contract/circuit/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { createTrip } from './trip.ts';

const config = decodeCircuitsConfig(readDocument('circuits'));
// No client waits for this function, and Lambda retries a failed event only a minute later.
const client = createDynamoDB({ timeoutMs: 2000 });
const table = process.env[Env.table] ?? '';

export const handler = createTrip({
  config,
  storeOf: (service) => new CircuitStore(client, table, { gateway: config.gateway, service }),
  clock: Date.now,
  random: Math.random,
});
