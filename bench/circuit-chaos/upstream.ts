// The process of an upstream, which behaves as it is told and notes when it was called.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Behaviour, UpstreamOrder } from './orders.ts';

const ANSWERS_AFTER_MS = { healthy: 5, slow: 400 } as const;

/**
 * Below the ports that connections get by themselves (ip(7), `ip_local_port_range`): while this one refuses, nobody else
 * is given its port.
 */
const PORTS = { from: 20_000, count: 10_000 } as const;

let behaviour: Behaviour = 'healthy';
let arrivals: number[] = [];

const answer: RequestListener = (request, response) => {
  // What came on a kept connection before it could be closed.
  if (behaviour === 'resetting' || behaviour === 'refusing') return void request.socket.resetAndDestroy();
  arrivals.push(Date.now());
  request.resume();
  setTimeout(
    () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    ANSWERS_AFTER_MS[behaviour],
  );
};

const server = createServer(answer).on('connection', (socket) => {
  if (behaviour !== 'resetting') return;
  arrivals.push(Date.now());
  socket.resetAndDestroy();
});

async function listen(port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

async function listenSomewhere(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    try {
      await listen(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

const port = await listenSomewhere();

async function become(next: Behaviour): Promise<void> {
  behaviour = next;
  const dead = next === 'refusing' || next === 'resetting';
  const closed = next === 'refusing' && server.listening && once(server, 'close');
  if (closed) server.close();
  if (dead) server.closeAllConnections();
  if (closed) await closed;
  if (next !== 'refusing' && !server.listening) await listen(port);
}

let turns: NodeJS.Timeout | undefined;
let changing = Promise.resolve();

/** One change after the other: a port takes a moment to be opened or closed. */
function change(next: Behaviour): Promise<void> {
  changing = changing.then(() => become(next));
  return changing;
}

function behave(behaviours: readonly [Behaviour, ...Behaviour[]], everyMs: number): Promise<void> {
  clearInterval(turns);
  const [first, ...others] = behaviours;
  const order = [...others, first];
  let turn = 0;
  const next = () => change(order[turn++ % order.length] ?? first).catch(fail);
  if (others.length > 0) turns = setInterval(next, everyMs);
  return change(first);
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

async function carryOut(order: UpstreamOrder): Promise<unknown> {
  switch (order.order) {
    case 'behave':
      await behave(order.behaviours, order.everyMs);
      return true;
    case 'take': {
      const taken = arrivals;
      arrivals = [];
      return taken;
    }
  }
}

process.on('message', (order: UpstreamOrder) => {
  carryOut(order).then((reply) => process.send?.(reply), fail);
});
process.on('disconnect', () => process.exit());
process.send?.({ port });
