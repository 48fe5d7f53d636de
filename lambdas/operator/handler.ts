import { createDynamoDB } from '../adapters/dynamodb.ts';
import { redisEndpoint } from '../adapters/redis-endpoint.ts';
import { RuleStore } from '../adapters/rule-store.ts';
import { Env } from '../contract/environment.ts';
import { decodeOperatorConfig } from '../contract/operator-config.ts';
import { openCopies } from './open-copies.ts';
import { createOperate } from './operate.ts';

const { gateway } = decodeOperatorConfig(process.env[Env.operator] ?? 'null');
const store = new RuleStore(createDynamoDB({ timeoutMs: 2000 }), process.env[Env.table] ?? '', gateway);
const endpoint = redisEndpoint(process.env);

export const handler = createOperate({
  gateway,
  store,
  openCopies: endpoint && (() => openCopies(endpoint, gateway)),
  clock: Date.now,
});
