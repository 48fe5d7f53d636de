// Some environments of one service's proxy function in a process: each is the function's own module, loaded once more, and
// takes one request at a time, as Lambda has it. Their clients send at a steady rate, whatever becomes of the answers.

import { Env } from '../../lambdas/contract/environment.ts';
import { decodeServicePolicy } from '../../lambdas/contract/policy.ts';
import type { ProxyContext, ProxyEvent, ProxyResult } from '../../lambdas/proxy/exchange.ts';
import { lambdaContext, proxyEvent } from '../../test/support/event.ts';
import type { EnvironmentsOrder, Sample } from './orders.ts';

type Handler = (event: ProxyEvent, context: ProxyContext) => Promise<ProxyResult>;

const policy = decodeServicePolicy(process.env[Env.service] ?? 'null');
const idle: Handler[] = [];
const waiting: ((handler: Handler) => void)[] = [];
const underWay = new Set<Promise<void>>();
let samples: Sample[] = [];
let requests = 0;
let load: NodeJS.Timeout | undefined;

for (let index = 0; index < Number(process.env['CHAOS_ENVIRONMENTS']); index += 1) {
  process.env['AWS_LAMBDA_LOG_STREAM_NAME'] = `${policy.service}-${process.pid}-${index}`;
  const module = new URL(`../../lambdas/proxy/handler.ts?environment=${index}`, import.meta.url);
  idle.push(((await import(module.href)) as { handler: Handler }).handler);
}

/** Sent once only: of a POST whose connection fails nobody knows what became of it, so calls are requests. */
function event(): ProxyEvent {
  requests += 1;
  const { prefix } = policy;
  const routeKey = `ANY ${prefix}/{proxy+}`;
  const requestId = `${process.pid}-${requests}`;
  return proxyEvent({ method: 'POST', path: `${prefix}/new`, routeKey, requestId, body: '{}' });
}

async function send(): Promise<void> {
  const [sentAtMs, startedAtMs] = [Date.now(), performance.now()];
  const handler = idle.shift() ?? (await new Promise<Handler>((resolve) => waiting.push(resolve)));
  const context = lambdaContext();
  const { statusCode = 200 } = await handler(event(), context);
  const { circuit, forwarded, problem } = context.exchange;
  if (circuit === undefined) throw new Error(`the circuit of ${policy.service} was not asked: ${problem?.code}`);
  samples.push({
    sentAtMs,
    ms: performance.now() - startedAtMs,
    status: statusCode,
    rejected: problem?.code === 'circuit_open',
    calls: forwarded?.attempts.length ?? 0,
    probe: circuit.probe !== undefined,
    circuit: { state: circuit.state.state, version: circuit.state.version },
  });
  const next = waiting.shift();
  if (next === undefined) idle.push(handler);
  else next(handler);
}

/** By when each request is due, so that a late timer makes no rate lower. */
function begin(everyMs: number): void {
  const startMs = performance.now();
  let sent = 0;
  const dueMs = () => startMs + sent * everyMs;
  const sendDue = () => {
    for (; dueMs() <= performance.now(); sent += 1) note(send());
    load = setTimeout(sendDue, dueMs() - performance.now());
  };
  sendDue();
}

function note(sending: Promise<void>): void {
  underWay.add(sending);
  sending.catch(fail).finally(() => underWay.delete(sending));
}

function take(): readonly Sample[] {
  const taken = samples;
  samples = [];
  return taken;
}

async function carryOut(order: EnvironmentsOrder): Promise<unknown> {
  switch (order.order) {
    case 'begin':
      begin(order.everyMs);
      return true;
    case 'take':
      return take();
    case 'end':
      clearTimeout(load);
      await Promise.all(underWay);
      return take();
  }
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

process.on('message', (order: EnvironmentsOrder) => {
  carryOut(order).then((reply) => process.send?.(reply), fail);
});
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
