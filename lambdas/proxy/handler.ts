import { logTransition } from '../adapters/circuit/circuit-log.ts';
import { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { CircuitView } from '../adapters/circuit/circuit-view.ts';
import { createOutcomes } from '../adapters/circuit/fallback-outcomes.ts';
import { Upstream } from '../adapters/http/upstream.ts';
import { createLimiter } from '../adapters/limits/create-limiter.ts';
import { RuleStore } from '../adapters/limits/rule-store.ts';
import { readDocument } from '../adapters/read-document.ts';
import { openSharedStore } from '../adapters/redis/shared-store.ts';
import { signedTable } from '../adapters/table/signed-table.ts';
import type { CircuitPolicy } from '../contract/circuit/circuit-policy.ts';
import { Env } from '../contract/environment.ts';
import { servicePolicy } from '../contract/policy.ts';
import { pipeline } from './pipeline.ts';
import { leaseMsOf } from './stages/circuit-asking.ts';

const policy = readDocument('service', servicePolicy);
const monotonic = () => performance.now();
const clock = Date.now;

let errors = 0;
let lost = 0;
let recovered = 0;
const onFailure = () => {
  errors += 1;
};

const table = signedTable({
  table: process.env[Env.table] ?? '',
  env: process.env,
  clock,
  // A second attempt on a new connection helps when the kept one died while Lambda froze the instance.
  attemptMs: 500,
  timeoutMs: 1100,
});
const ruleStore = new RuleStore(table, policy.gateway);
const circuit = policy.circuit && createCircuit(policy.circuit);
// Redis is connected to while the circuit is read: both at the start, for which Lambda gives a whole CPU.
const store = openSharedStore({
  env: process.env,
  timeoutMs: policy.cacheTimeoutMs,
  monotonic,
  onFailure,
  onChange: (change) => {
    if (change === 'lost') lost += 1;
    else recovered += 1;
  },
});
const limiter = createLimiter({
  store,
  policy,
  // The copies in Redis are made of it: they must hold every rule that the command reported as stored.
  listRules: () => ruleStore.list({ consistent: true }),
  clock,
  onFailure,
});
const outcomes = createOutcomes(store, clock);
await circuit?.load();

export const handler = pipeline({
  policy,
  circuit: circuit ?? undefined,
  limiter,
  outcomes,
  retryBudget: outcomes,
  upstream: new Upstream(policy.upstream),
  takeStoreEvents: () => {
    const taken = { errors, lost, recovered };
    errors = lost = recovered = 0;
    return taken;
  },
  clock,
  monotonic,
  random: Math.random,
  randomHex,
  // Lambda sets this variable: the log stream of this instance.
  by: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
});

function createCircuit(timing: CircuitPolicy): CircuitView {
  return new CircuitView({
    store: new CircuitStore(table, policy),
    timing,
    leaseMs: leaseMsOf(policy),
    clock,
    random: Math.random,
    onTransition: (next, made) => logTransition(policy, next, clock(), made),
    onFailure,
  });
}

/** Ids of traces have to be distinct, not secret, and asking the kernel for them costs more than all else of a header. */
function randomHex(bytes: number): string {
  let hex = '';
  while (hex.length < 2 * bytes)
    hex += Math.trunc(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return hex.slice(0, 2 * bytes);
}
