import { ApiKeyStore } from '../adapters/api-key-store.ts';
import { createDynamoDB } from '../adapters/dynamodb.ts';
import { redisEndpoint } from '../adapters/redis-endpoint.ts';
import { RevocationMarker } from '../adapters/revocation-marker.ts';
import { RuleStore } from '../adapters/rule-store.ts';
import { Env } from '../contract/environment.ts';
import { decodeOperatorConfig } from '../contract/operator-config.ts';
import { openCopies } from './open-copies.ts';
import { createOperate } from './operate.ts';

const { gateway } = decodeOperatorConfig(process.env[Env.operator] ?? 'null');
const database = createDynamoDB({ timeoutMs: 2000 });
const table = process.env[Env.table] ?? '';
const store = new RuleStore(database, table, gateway);
const endpoint = redisEndpoint(process.env);

export const handler = createOperate({
  gateway,
  store,
  keys: new ApiKeyStore(database, table, gateway),
  marker: new RevocationMarker(database, table, gateway),
  openCopies: endpoint && (() => openCopies(endpoint, gateway)),
  clock: Date.now,
});
