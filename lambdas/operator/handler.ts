import { ApiKeyStore } from '../adapters/api-key-store.ts';
import { CircuitStore } from '../adapters/circuit-store.ts';
import { createDynamoDB } from '../adapters/dynamodb.ts';
import { readDocument } from '../adapters/read-document.ts';
import { redisEndpoint } from '../adapters/redis-endpoint.ts';
import { RevocationMarker } from '../adapters/revocation-marker.ts';
import { RuleStore } from '../adapters/rule-store.ts';
import { decodeCircuitsConfig } from '../contract/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { decodeOperatorConfig } from '../contract/operator-config.ts';
import { answerDashboards } from './answer-dashboards.ts';
import { openCopies } from './open-copies.ts';
import { createOperate } from './operate.ts';

const { gateway } = decodeOperatorConfig(readDocument('operator'));
const database = createDynamoDB({ timeoutMs: 2000 });
const table = process.env[Env.table] ?? '';
const store = new RuleStore(database, table, gateway);
const endpoint = redisEndpoint(process.env);

const operate = createOperate({
  gateway,
  store,
  keys: new ApiKeyStore(database, table, gateway),
  marker: new RevocationMarker(database, table, gateway),
  circuits: {
    config: decodeCircuitsConfig(readDocument('circuits')),
    storeOf: (service) => new CircuitStore(database, table, { gateway, service }),
  },
  openCopies: endpoint && (() => openCopies(endpoint, gateway)),
  clock: Date.now,
});

export const handler = answerDashboards(operate);
