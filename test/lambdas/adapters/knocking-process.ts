import { Redis } from 'ioredis';
import { RedisCounters } from '../../../lambdas/adapters/redis-counters.ts';

/** A process of its own that asks `requests` times at once and tells its parent how often it was admitted. */
const [url = '', subject = '', limit = '', requests = ''] = process.argv.slice(2);
const client = new Redis(url);
const counters = new RedisCounters(client, 10_000);
const policy = { limit: Number(limit), windowMs: 3_600_000 };
const decisions = await Promise.all(Array.from({ length: Number(requests) }, () => counters.decide(subject, policy)));
process.send?.(decisions.filter(({ allowed }) => allowed).length);
client.disconnect();
process.disconnect();
