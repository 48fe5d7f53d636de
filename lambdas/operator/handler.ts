import { ApiKeyStore } from '../adapters/auth/api-key-store.ts';
import { RevocationMarker } from '../adapters/auth/revocation-marker.ts';
import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { RuleStore } from '../adapters/limits/rule-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { redisEndpoint } from '../adapters/redis/redis-endpoint.ts';
import { createDynamoDB, sdkTable } from '../adapters/table/dynamodb.ts';
import { circuitsConfig } from '../contract/circuit/circuits-config.ts';
import { Env } from '../contract/environment.ts';
import { operatorConfig } from '../contract/operations/operator-config.ts';
import { answerDashboards } from './answer-dashboards.ts';
import { openCopies } from './open-copies.ts';
import { createOperate } from './operate.ts';

const { gateway } = readDocument('operator', operatorConfig);
const table = sdkTable(createDynamoDB({ timeoutMs: 2000 }), process.env[Env.table] ?? '');
const store = new RuleStore(table, gateway);
const endpoint = redisEndpoint(process.env);

const operate = createOperate({
  gateway,
  store,
  keys: new ApiKeyStore(table, gateway),
  marker: new RevocationMarker(table, gateway),
  circuits: {
    config: readDocument('circuits', circuitsConfig),
    storeOf: (service) => new CircuitStore(table, { gateway, service }),
  },
  openCopies: endpoint && (() => openCopies(endpoint, gateway)),
  clock: Date.now,
});

export const handler = answerDashboards(operate);
