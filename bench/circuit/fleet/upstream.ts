// The process of the upstream that all processes of the fleet call: answers what it is told to, and notes who called when.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival, Told, UpstreamOrder } from './orders.ts';

const LATENCY_MS = 20;

let status = 200;
let arrivals: Arrival[] = [];

const server = createServer((request, response) => {
  arrivals.push({ process: Number(request.url?.slice(1)), atMs: Date.now() });
  response.statusCode = status;
  setTimeout(() => response.end(), LATENCY_MS);
});

function obey(order: UpstreamOrder): Told {
  const told = { atMs: Date.now(), arrivals };
  ({ status } = order);
  arrivals = [];
  return told;
}

process.on('message', (order: UpstreamOrder) => process.send?.(obey(order)));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
