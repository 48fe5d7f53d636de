import { createDynamoDB } from '../adapters/dynamodb.ts';
import { RuleStore } from '../adapters/rule-store.ts';
import { Env } from '../contract/environment.ts';
import { decodeOperatorConfig } from '../contract/operator-config.ts';
import { openCopies } from './open-copies.ts';
import { createOperate } from './operate.ts';

const { gateway } = decodeOperatorConfig(process.env[Env.operator] ?? 'null');
const store = new RuleStore(createDynamoDB({ timeoutMs: 2000 }), process.env[Env.table] ?? '', gateway);
const url = process.env[Env.redisUrl] ?? '';
const endpoint = { url, cluster: process.env[Env.redisCluster] === 'true' };

export const handler = createOperate({
  gateway,
  store,
  openCopies: url === '' ? undefined : () => openCopies(endpoint, gateway),
  clock: Date.now,
});
