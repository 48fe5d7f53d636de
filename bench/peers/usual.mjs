// A gateway of the packages that a Fastify user would take: @fastify/jwt with the issuer's keys by `kid`,
// @fastify/rate-limit on Redis by the token's subject, opossum around each forwarded request, @fastify/http-proxy's
// engine to forward it.

import { createPublicKey } from 'node:crypto';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import replyFrom from '@fastify/reply-from';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import CircuitBreaker from 'opossum';
import { announce } from '../cpu/serve.ts';

const { BENCH_UPSTREAM, BENCH_REDIS_URL, BENCH_LIMIT, BENCH_WINDOW_MS, JWKS_URL, JWT_ISSUER, JWT_AUDIENCE } =
  process.env;

const { keys } = await (await fetch(JWKS_URL)).json();
const pems = new Map(
  keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })]),
);

const app = Fastify();
await app.register(jwt, {
  decode: { complete: true },
  secret: (_request, { header }) => Promise.resolve(pems.get(header.kid)),
  verify: {
    algorithms: ['RS256', 'ES256'],
    allowedIss: JWT_ISSUER,
    allowedAud: JWT_AUDIENCE,
    requiredClaims: ['exp', 'sub'],
    cache: true,
  },
});
await app.register(rateLimit, {
  hook: 'preHandler',
  redis: new Redis(BENCH_REDIS_URL),
  max: Number(BENCH_LIMIT),
  timeWindow: Number(BENCH_WINDOW_MS),
  keyGenerator: (request) => request.user.sub,
});
await app.register(replyFrom, { base: BENCH_UPSTREAM });

/** Settles when the upstream's answer has been handed on. */
function forward(request, reply) {
  return new Promise((resolve, reject) => {
    reply.from(request.url.slice('/api/users'.length), {
      rewriteRequestHeaders: (_request, headers) => ({
        ...headers,
        'x-user-id': request.user.sub,
        'x-user-email': request.user.email,
        'x-user-roles': JSON.stringify(request.user.roles),
      }),
      onResponse: (_request, sent, upstream) => {
        sent.send(upstream.stream);
        if (upstream.statusCode >= 500) reject(new Error(`status ${upstream.statusCode}`));
        else resolve();
      },
      onError: (sent, { error }) => {
        sent.code(502).send({ error: 'Bad gateway' });
        reject(error);
      },
    });
  });
}

const breaker = new CircuitBreaker(forward, {
  timeout: 5000,
  errorThresholdPercentage: 50,
  resetTimeout: 30_000,
  volumeThreshold: 5,
});

app.all('/api/users/*', { onRequest: (request) => request.jwtVerify() }, (request, reply) => {
  breaker.fire(request, reply).catch(() => {
    if (!reply.sent) reply.code(503).send({ error: 'Service unavailable' });
  });
  return reply;
});

await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address().port);
