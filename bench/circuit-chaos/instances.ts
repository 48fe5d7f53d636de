// Some instances of one service's proxy function in a process: each is the function's own module, loaded once more, and
// takes one request at a time, as Lambda has it.
import { readDocument } from '../../lambdas/adapters/read-document.ts';
import { servicePolicy } from '../../lambdas/contract/policy.ts';
import type { ProxyContext, ProxyEvent, ProxyResult } from '../../lambdas/proxy/exchange.ts';
import { lambdaContext, proxyEvent } from '../../test/support/event.ts';
import { serveLoad } from './load.ts';
import type { Sample } from './orders.ts';

type Handler = (event: ProxyEvent, context: ProxyContext) => Promise<ProxyResult>;

const policy = readDocument('service', servicePolicy);
const idle: Handler[] = [];
const waiting: ((handler: Handler) => void)[] = [];
let requests = 0;

for (let index = 0; index < Number(process.env['CHAOS_INSTANCES']); index += 1) {
  process.env['AWS_LAMBDA_LOG_STREAM_NAME'] = `${policy.service}-${process.pid}-${index}`;
  const module = new URL(`../../lambdas/proxy/handler.ts?instance=${index}`, import.meta.url);
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

serveLoad(async (): Promise<Sample> => {
  const [sentAtMs, startedAtMs] = [Date.now(), performance.now()];
  const handler = idle.shift() ?? (await new Promise<Handler>((resolve) => waiting.push(resolve)));
  const context = lambdaContext();
  const { statusCode = 200, body } = await handler(event(), context);
  const ms = performance.now() - startedAtMs;
  const next = waiting.shift();
  if (next === undefined) idle.push(handler);
  else next(handler);
  const { circuit, forwarded } = context.exchange;
  if (!circuit) throw new Error(`the circuit of ${policy.service} was not asked: ${body}`);
  return {
    sentAtMs,
    ms,
    status: statusCode,
    rejected: circuit.action === 'reject' && !circuit.isShadowed,
    calls: forwarded?.attempts.length ?? 0,
    probe: circuit.probe !== undefined,
    circuit: { state: circuit.state.state, version: circuit.state.version },
  };
});
