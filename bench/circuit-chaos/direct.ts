// Asks an upstream without a gateway, at the same time and by the same HTTP client: what this process feels, too, is the
// machine's doing and no circuit's.
import { Upstream } from '../../lambdas/adapters/http/upstream.ts';
import { serveLoad } from './load.ts';
import type { Timed } from './orders.ts';

const TIMEOUT_MS = 15_000;

const upstream = new Upstream(process.env['CHAOS_UPSTREAM'] ?? '');
const message = { method: 'POST', target: '/new', headers: {}, body: Buffer.from('{}') };

serveLoad(async (): Promise<Timed> => {
  const [sentAtMs, startedAtMs] = [Date.now(), performance.now()];
  await upstream.send(message, TIMEOUT_MS);
  return { sentAtMs, ms: performance.now() - startedAtMs };
});
