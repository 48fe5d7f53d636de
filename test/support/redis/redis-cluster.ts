import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePorts, startRedis, type TestRedis } from './redis.ts';

/** A port of a node beside the one for clients. */
interface Ports {
  readonly port: number;
  readonly bus: number;
}

export interface ClusterNode extends TestRedis {
  /** Whose slots it copies; undefined for a node that started as a primary. */
  readonly primary: ClusterNode | undefined;
  /** Runs a command on this node, whatever its slots are. */
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Makes this replica the primary of its shard, whether the present one answers or not; waits until all that do know. */
  failover(): Promise<void>;
}

export interface TestRedisCluster extends TestRedis {
  /** The primaries in the order of their slots, then the replicas in the same order. */
  readonly nodes: readonly ClusterNode[];
}

export interface TestRedisClusterOptions {
  /** @default 1, as ElastiCache Serverless shows itself to its clients */
  readonly shards?: number;
  /** Replicas of each primary. @default 0 */
  readonly replicas?: 0 | 1;
  /** @default false */
  readonly tls?: boolean;
}

const SLOTS = 16_384;

/** A real cluster of redis-servers. Its `url`, `port` and `process` are those of its first node. */
export async function startRedisCluster(options: TestRedisClusterOptions = {}): Promise<TestRedisCluster> {
  const { shards = 1, replicas = 0 } = options;
  const nodes = await startNodes(shards * (1 + replicas), shards, options);
  const [first] = nodes;
  if (first === undefined) throw new Error('a cluster has at least one shard');
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const { url, port, process, ca } = first;
  return { url, port, process, ca, nodes, stop };
}

async function startNodes(count: number, shards: number, options: TestRedisClusterOptions): Promise<Node[]> {
  const ports = await freePorts(2 * count);
  const nodes: Node[] = [];
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startNode({ port: ports[2 * index] as number, bus: ports[2 * index + 1] as number }, options),
    ),
  );
  for (const [index, server] of servers.entries()) {
    nodes.push(new Node(server, ports[2 * index + 1] as number, nodes[index - shards], nodes));
  }
  return nodes;
}

function startNode({ port, bus }: Ports, { tls = false }: TestRedisClusterOptions): Promise<TestRedis> {
  return startRedis({
    port,
    tls,
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-announce-ip', '127.0.0.1'],
      // As ElastiCache has it: a shard that is down does not take the others with it.
      ...['--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'],
      // Replicas copy at once, and not after the five seconds in which more of them might come.
      ...['--repl-diskless-sync-delay', '0'],
      ...(tls ? ['--tls-cluster', 'yes', '--tls-replication', 'yes'] : []),
    ],
  });
}

class Node implements ClusterNode {
  readonly url: string;
  readonly port: number;
  readonly process: TestRedis['process'];
  readonly ca: string | undefined;
  readonly stop: () => Promise<void>;
  readonly bus: number;
  readonly primary: Node | undefined;
  readonly #all: readonly Node[];

  constructor(server: TestRedis, bus: number, primary: Node | undefined, all: readonly Node[]) {
    this.url = server.url;
    this.port = server.port;
    this.process = server.process;
    this.ca = server.ca;
    this.stop = server.stop;
    this.bus = bus;
    this.primary = primary;
    this.#all = all;
  }

  /** False for one that has ended, and for one that was stopped. */
  async answers(): Promise<boolean> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return false;
    const late = new Promise<false>((resolve) => setTimeout(resolve, 1000, false));
    return Promise.race([late, this.call('PING').then(() => true)]);
  }

  async call(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const admin = new Redis({
      port: this.port,
      ...(this.ca === undefined ? {} : { tls: { ca: this.ca, servername: 'localhost' } }),
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
    });
    admin.on('error', () => undefined);
    try {
      return await admin.call(command, ...args.map(String));
    } finally {
      admin.disconnect();
    }
  }

  async failover(): Promise<void> {
    const answers = await Promise.all(this.#all.map((node) => node.answers()));
    const living = this.#all.filter((_, index) => answers[index]);
    const agreed = this.primary !== undefined && living.includes(this.primary);
    await this.call('CLUSTER', 'FAILOVER', ...(agreed ? [] : ['TAKEOVER']));
    await until(async () => {
      const views = await Promise.all(living.map((node) => node.call('CLUSTER', 'SLOTS')));
      return views.every((slots) =>
        (slots as [number, number, [string, number]][]).some(([, , [, port]]) => port === this.port),
      );
    }, `the cluster knows the primary at port ${this.port}`);
  }
}

async function join(nodes: readonly Node[]): Promise<void> {
  const primaries = nodes.filter((node) => node.primary === undefined);
  for (const [index, node] of primaries.entries()) {
    const [from, to] = [index, index + 1].map((at) => Math.floor((at * SLOTS) / primaries.length)) as [number, number];
    await node.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
  }
  // Each its own, and the primaries the greater ones: a replica whose epoch were the greatest would take over without a
  // greater one, and nobody would believe it. Left alone, nodes that have the same one choose others, who knows which.
  const replicas = nodes.filter((node) => node.primary !== undefined);
  for (const [index, node] of [...replicas, ...primaries].entries()) {
    await node.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  // Everybody meets everybody: gossip would take seconds.
  for (const node of nodes) {
    for (const other of nodes.filter(({ port }) => port > node.port)) {
      await node.call('CLUSTER', 'MEET', '127.0.0.1', other.port, other.bus);
    }
  }
  await every(nodes, 'knows all others', async (node) => {
    const lines = String(await node.call('CLUSTER', 'NODES'))
      .trim()
      .split('\n');
    return lines.length === nodes.length && !lines.some((line) => line.includes('handshake'));
  });
  for (const node of nodes) {
    if (node.primary) await node.call('CLUSTER', 'REPLICATE', String(await node.primary.call('CLUSTER', 'MYID')));
  }
  await every(nodes, 'serves its slots, or copies them', async (node) => {
    if (!String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) return false;
    return node.primary === undefined || String(await node.call('INFO', 'replication')).includes('link_status:up');
  });
}

async function every(nodes: readonly Node[], what: string, holds: (node: Node) => Promise<boolean>): Promise<void> {
  await Promise.all(nodes.map((node) => until(() => holds(node), `the node at port ${node.port} ${what}`)));
}

/** A poll of its own: benchmarks start clusters too, and `vi.waitFor` works in tests only. */
async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > endMs) throw new Error(`not within 30 s: ${what}`);
    await pause(50);
  }
}
