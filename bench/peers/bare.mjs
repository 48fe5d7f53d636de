// @fastify/http-proxy and nothing else: what forwarding alone costs in Fastify.
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { announce } from '../cpu/serve.ts';

const app = Fastify();
app.register(proxy, { upstream: process.env.BENCH_UPSTREAM, prefix: '/api/users' });
await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address().port);
