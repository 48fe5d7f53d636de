import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { closersOf } from '../../../support/closers.ts';
import { captureLines } from '../../../support/lines.ts';
import { type ClusterNode, startRedisCluster, type TestRedisCluster } from '../../../support/redis/redis-cluster.ts';
import { relayTo, type TcpRelay } from '../../../support/redis/tcp-relay.ts';
import { type Fleet, startFleet } from './chaos-fleet.ts';

const TIMEOUT = { timeout: 180_000 } as const;

let table: TestTable;
let output: ReturnType<typeof captureLines>;
const closers = closersOf();

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

interface Started {
  readonly cluster: TestRedisCluster;
  /** The cluster's name, which leads to its first node until the test says otherwise. */
  readonly name: TcpRelay;
  readonly fleet: Fleet;
}

async function started(shards: number): Promise<Started> {
  const cluster = await startRedisCluster({ shards, replicas: 1 });
  const name = await relayTo(cluster.port);
  closers.push(cluster.stop, name.stop);
  const fleet = await startFleet({ url: `redis://127.0.0.1:${name.port}`, cluster: true, table, closers });
  return { cluster, name, fleet };
}

async function kill({ process }: ClusterNode): Promise<void> {
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}

describe('a cluster whose primaries are killed (kill -9) and succeeded by their replicas', () => {
  it.each([1, 3])('of %i shards is lost and found, and limits hold all the while', TIMEOUT, async (shards) => {
    const { cluster, name, fleet } = await started(shards);
    const [primaries, replicas] = [cluster.nodes.slice(0, shards), cluster.nodes.slice(shards)];
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      await Promise.all(primaries.map(kill));
      await fleet.all('lost');
      await fleet.asked(5);
      const lost = fleet.told();
      await fleet.asked(60);
      expect(fleet.told()).toEqual(lost);
      for (const replica of replicas) await replica.failover();
      name.leadTo(replicas[0]?.port ?? 0);
      await fleet.all('recovered');
    });
    await fleet.countsTogether();
    // What a primary had counted and not yet copied is counted anew.
    fleet.expectLimitsHeld(output.lines, { beginnings: 2 });
    fleet.expectSharesUsed();
    fleet.expectChangesTold(output.lines);
  });

  it('one shard after the other, while the others go on, limits hold', TIMEOUT, async () => {
    const { cluster, fleet } = await started(3);
    await fleet.underLoad(async () => {
      for (const [shard, primary] of cluster.nodes.slice(0, 3).entries()) {
        await fleet.asked(20);
        await kill(primary);
        await fleet.asked(40);
        await cluster.nodes[3 + shard]?.failover();
        await fleet.countsTogether();
      }
      await fleet.all('recovered');
    });
    fleet.expectLimitsHeld(output.lines, { beginnings: 2 });
    fleet.expectChangesTold(output.lines);
  });
});

describe('a cluster whose primaries are demoted in good order', () => {
  it('counts on at their successors', TIMEOUT, async () => {
    const { cluster, fleet } = await started(3);
    await fleet.underLoad(async () => {
      await fleet.asked(20);
      for (const replica of cluster.nodes.slice(3)) await replica.failover();
      await fleet.asked(20);
      await fleet.countsTogether();
    });
    fleet.expectLimitsHeld(output.lines, { beginnings: 2 });
    fleet.expectChangesTold(output.lines);
  });
});
