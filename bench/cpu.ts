import { join } from 'node:path';
import type { Bundles } from './bundles.ts';
import { type Service, startService } from './child.ts';
import type { LoadRequest, LoadResult } from './cpu/load.ts';
import { startNginx } from './cpu/nginx.ts';
import { AUDIENCE, ISSUER, LIMIT, type Stand } from './stand.ts';
import { median } from './statistics.ts';
import { printTable, progress } from './table.ts';

const CONNECTIONS = 32;
const PATH = '/api/users/42?x=1';
/** Rounds that do not count: V8 optimizes what it has seen often enough. */
const WARM_UP_ROUNDS = 2;

/** One gateway, in a process of its own. */
interface Gateway {
  readonly name: string;
  readonly features: string;
  readonly tokens: 'new' | 'seen';
  readonly start: () => Promise<Service>;
  /** CPU time over that of the shim without handlers. */
  readonly goalUs?: number;
}

interface Sample {
  readonly cpuUs: number;
  readonly perSecond: number;
}

const SHIM_NAME = 'the shim alone, handlers that do nothing';

/** CPU time a request, of the gateway's process alone; one round after the other, each gateway once a round. */
export async function benchCpu(stand: Stand, bundles: Bundles, rounds: number, requests: number): Promise<void> {
  const gateways = gatewaysOf(stand, bundles);
  progress(`CPU a request: ${gateways.length} gateways, ${rounds} rounds of ${requests} requests …`);
  const tokens = await tokensOf(stand);
  const load = await startService(script('load.ts'), {});
  const running: { readonly gateway: Gateway; readonly service: Service; readonly samples: Sample[] }[] = [];
  try {
    for (const gateway of gateways) running.push({ gateway, service: await gateway.start(), samples: [] });
    for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
      for (const { gateway, service, samples } of running) {
        const sample = await drive(service, load, gateway, requests, tokens[gateway.tokens]);
        if (round >= 0) samples.push(sample);
      }
    }
  } finally {
    await Promise.all([load, ...running.map(({ service }) => service)].map((service) => service.stop()));
  }
  print(running, rounds);
}

function gatewaysOf(stand: Stand, { files }: Bundles): readonly Gateway[] {
  const shim = (variables: Readonly<Record<string, string>>) => () => startService(script('shim.ts'), variables);
  const peer = (name: string) => () => startService(peerScript(name), peerVariables(stand));
  const functions = {
    ...stand.authorizer,
    ...stand.proxy,
    BENCH_AUTHORIZER: files.authorizer,
    BENCH_PROXY: files.proxy,
  };
  const all = 'JWT, limit, circuit, log';
  const gateways: readonly Gateway[] = [
    { name: SHIM_NAME, features: '-', tokens: 'new', start: shim({}) },
    { name: 'Tollgate, over the shim', features: all, tokens: 'new', start: shim(functions), goalUs: 130 },
    { name: 'Tollgate, over the shim', features: all, tokens: 'seen', start: shim(functions), goalUs: 130 },
    { name: 'Fastify, the usual packages', features: 'JWT, limit, circuit', tokens: 'new', start: peer('usual') },
    { name: 'Fastify, the usual packages', features: 'JWT, limit, circuit', tokens: 'seen', start: peer('usual') },
    { name: "the article's gateway as written", features: 'JWT, limit', tokens: 'new', start: peer('article') },
    { name: 'Fastify, @fastify/http-proxy alone', features: '-', tokens: 'new', start: peer('bare') },
  ];
  const nginx = startNginx(stand.upstream.port);
  return nginx === undefined
    ? gateways
    : [...gateways, { name: 'nginx, proxy alone', features: '-', tokens: 'new', start: nginx }];
}

async function drive(
  service: Service,
  load: Service,
  { name }: Gateway,
  requests: number,
  tokens: readonly string[],
): Promise<Sample> {
  const order: LoadRequest = { port: service.port, connections: CONNECTIONS, requests, path: PATH, tokens };
  const before = (await service.ask('cpu')) as number;
  const { ms, statuses } = (await load.ask(order)) as LoadResult;
  const after = (await service.ask('cpu')) as number;
  if (statuses['200'] !== requests) throw new Error(`${name} answered ${JSON.stringify(statuses)}`);
  return { cpuUs: (after - before) / requests, perSecond: requests / (ms / 1000) };
}

/** `new`: so many that whoever remembers tokens has forgotten each before it comes again. `seen`: a few clients. */
async function tokensOf({ keys }: Stand): Promise<Readonly<Record<Gateway['tokens'], readonly string[]>>> {
  const many = Array.from({ length: 4000 }, (_, index) =>
    keys.RS256.sign({ sub: `client-${index}`, email: `client-${index}@example.com`, roles: ['admin', 'user'] }),
  );
  const tokens = await Promise.all(many);
  return { new: tokens, seen: tokens.slice(0, CONNECTIONS) };
}

function script(name: string): string {
  return join(import.meta.dirname, 'cpu', name);
}

function peerScript(name: string): string {
  return join(import.meta.dirname, 'peers', `${name}.mjs`);
}

function peerVariables(stand: Stand): Readonly<Record<string, string>> {
  return {
    BENCH_UPSTREAM: `http://127.0.0.1:${stand.upstream.port}`,
    BENCH_REDIS_URL: stand.redisUrl,
    BENCH_LIMIT: String(LIMIT.limit),
    BENCH_WINDOW_MS: String(LIMIT.windowMs),
    JWKS_URL: stand.jwksUrl,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
  };
}

function print(
  running: readonly { readonly gateway: Gateway; readonly samples: readonly Sample[] }[],
  rounds: number,
): void {
  const cpuOf = (samples: readonly Sample[]) => median(samples.map(({ cpuUs }) => cpuUs));
  const shimUs = cpuOf(running.find(({ gateway }) => gateway.name === SHIM_NAME)?.samples ?? []);
  printTable(
    `CPU of the gateway's process, us a request, ${CONNECTIONS} connections, medians of ${rounds} rounds`,
    ['', 'does', 'tokens', 'us', 'over the shim', 'goal', 'requests/s'],
    running.map(({ gateway, samples }) => [
      gateway.name,
      gateway.features,
      gateway.tokens,
      cpuOf(samples),
      gateway.name.startsWith('Tollgate') ? cpuOf(samples) - shimUs : Number.NaN,
      gateway.goalUs ?? Number.NaN,
      Math.round(median(samples.map(({ perSecond }) => perSecond))),
    ]),
  );
  if (!running.some(({ gateway }) => gateway.name.startsWith('nginx'))) {
    console.log('  nginx is not installed: its row is left out');
  }
}
