// The article's gateway with its code's habits kept, since they are what is measured: the key set held for an hour but
// its first key imported anew for each request and used whatever the token's `kid`; four commands in one pipeline over
// a sorted set; a circuit breaker that is made and never called.
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { importJWK, jwtVerify } from 'jose';
import CircuitBreaker from 'opossum';
import { announce } from '../cpu/serve.ts';

const { BENCH_UPSTREAM, BENCH_REDIS_URL, JWKS_URL, JWT_ISSUER, JWT_AUDIENCE } = process.env;
const LIMIT = Number(process.env.BENCH_LIMIT);
const WINDOW_MS = Number(process.env.BENCH_WINDOW_MS);
const KEY_SET_LIFE_MS = 60 * 60 * 1000;

let keySet;
let keySetUntilMs = 0;

async function currentKeySet() {
  if (Date.now() >= keySetUntilMs) {
    keySet = await (await fetch(JWKS_URL)).json();
    keySetUntilMs = Date.now() + KEY_SET_LIFE_MS;
  }
  return keySet;
}

async function authenticate(request, reply) {
  const { authorization } = request.headers;
  if (!authorization?.startsWith('Bearer ')) return reply.code(401).send({ error: 'no token' });
  try {
    const { keys } = await currentKeySet();
    const key = await importJWK(keys[0]);
    const { payload } = await jwtVerify(authorization.slice(7), key, { issuer: JWT_ISSUER, audience: JWT_AUDIENCE });
    request.headers['x-user-id'] = payload.sub;
    request.headers['x-user-email'] = payload.email;
    request.headers['x-user-roles'] = JSON.stringify(payload.roles);
  } catch {
    return reply.code(401).send({ error: 'bad token' });
  }
}

const redis = new Redis(BENCH_REDIS_URL);

async function count(client) {
  const nowMs = Date.now();
  const key = `article:${client}`;
  const replies = await redis
    .pipeline()
    .zremrangebyscore(key, '-inf', nowMs - WINDOW_MS)
    .zadd(key, String(nowMs), `${nowMs}-${Math.random()}`)
    .zcard(key)
    .expire(key, Math.ceil(WINDOW_MS / 1000))
    .exec();
  const requests = replies[2][1];
  return { allowed: requests <= LIMIT, remaining: Math.max(0, LIMIT - requests), resetAtMs: nowMs + WINDOW_MS };
}

async function limit(request, reply) {
  const { allowed, remaining, resetAtMs } = await count(request.headers['x-user-id'] ?? request.ip);
  reply.header('X-RateLimit-Limit', String(LIMIT));
  reply.header('X-RateLimit-Remaining', String(remaining));
  reply.header('X-RateLimit-Reset', String(resetAtMs));
  if (!allowed) return reply.code(429).send({ error: 'too many requests' });
}

const breaker = new CircuitBreaker(async () => fetch(BENCH_UPSTREAM), {
  timeout: 5000,
  errorThresholdPercentage: 50,
  resetTimeout: 30_000,
  volumeThreshold: 5,
});

const app = Fastify();
app.register(httpProxy, {
  upstream: BENCH_UPSTREAM,
  prefix: '/api/users',
  preHandler: async (request, reply) => {
    await authenticate(request, reply);
    await limit(request, reply);
  },
  replyOptions: {
    onError: (reply) => reply.code(breaker.opened ? 503 : 502).send({ error: 'the service gave no answer' }),
  },
});
await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address().port);
