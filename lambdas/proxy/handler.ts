import { logTransition } from '../adapters/circuit-log.ts';
import { CircuitStore } from '../adapters/circuit-store.ts';
import { CircuitView } from '../adapters/circuit-view.ts';
import { createCounters } from '../adapters/counters.ts';
import { createDynamoDB } from '../adapters/dynamodb.ts';
import { Upstream } from '../adapters/upstream.ts';
import { Env } from '../contract/environment.ts';
import { type CircuitPolicy, decodeServicePolicy } from '../contract/policy.ts';
import { pipeline } from './pipeline.ts';

const policy = decodeServicePolicy(process.env[Env.service] ?? 'null');
const monotonic = () => performance.now();
const clock = Date.now;

let storeErrors = 0;
const onFailure = () => {
  storeErrors += 1;
};

const circuit = policy.circuit && createCircuit(policy.circuit);
// Redis is connected to while the circuit is read: both at the start, for which Lambda gives a whole CPU.
const counters = createCounters(process.env, { clock, monotonic, onFailure });
await circuit?.load();

export const handler = pipeline({
  policy,
  circuit: circuit ?? undefined,
  counters,
  upstream: new Upstream(policy.upstream),
  takeStoreErrors: () => {
    const taken = storeErrors;
    storeErrors = 0;
    return taken;
  },
  clock,
  monotonic,
  randomHex,
});

function createCircuit(limits: CircuitPolicy): CircuitView {
  return new CircuitView({
    store: new CircuitStore(createDynamoDB({ timeoutMs: 500 }), process.env[Env.table] ?? '', policy),
    policy: limits,
    clock,
    onTransition: (next) => logTransition(policy, next, clock()),
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
