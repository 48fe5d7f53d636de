import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { startGateway } from '../../../local/start-gateway.ts';
import { PROJECT, synthesizedApp } from '../../e2e/support/assembly.ts';
import { type SeenRequest, serveCareless } from '../../support/upstreams/careless-upstream.ts';
import { serveEarly } from '../../support/upstreams/early-upstream.ts';
import { serveHttp } from '../../support/upstreams/upstream.ts';
import { type LenientUpstream, serveLenient } from './lenient-upstream.ts';

/** The gateway as `npm start` serves it, over upstreams of which each has the weakness that an attack uses. */
export interface Stage {
  readonly url: string;
  /** A token of the demo issuer. */
  token(subject: string, scope?: string): Promise<string>;
  /** The upstream of payments, whose router is lenient. */
  readonly payments: LenientUpstream;
  /** What the upstream of orders, which leaves bodies unread, took for requests. */
  readonly orders: readonly SeenRequest[];
  /** Fields of the requests that the upstream of products got. The one of users refuses uploads early. */
  readonly products: readonly IncomingHttpHeaders[];
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const fields: IncomingHttpHeaders[] = [];
  const early = await serveEarly();
  const payments = await serveLenient();
  const orders = await serveCareless();
  const products = await serveHttp((request, response) => {
    fields.push(request.headers);
    response.end();
  });
  const gateway = await startGateway({
    assemblyDir: await synthesizedApp(),
    port: 0,
    stateDir: join(PROJECT.stateDir, 'attack'),
    upstreams: { users: early.urls.fastify, payments: payments.url, orders: orders.url, products: products.url },
  });
  return {
    url: gateway.url,
    token: (subject, scope) => gateway.token({ subject, ...(scope !== undefined && { scope }) }),
    payments,
    orders: orders.seen,
    products: fields,
    stop: async () => {
      await gateway.close();
      await Promise.all([early, payments, orders, products].map((upstream) => upstream.stop()));
    },
  };
}
