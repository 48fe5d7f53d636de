import { Redis } from 'ioredis';

/** What a redis-server says of itself. */
export interface Reading {
  /** User and system time of the whole process. */
  readonly cpuUs: number;
  /** Time in commands that clients sent; those of scripts are part of their script's. */
  readonly executingUs: number;
}

export class Meter {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url);
  }

  /** Starts to count anew what `read` gives as `executingUs`. */
  async reset(): Promise<void> {
    await this.#redis.config('RESETSTAT');
  }

  async read(): Promise<Reading> {
    const info = await this.#redis.info('cpu', 'commandstats');
    const seconds = (field: string) => Number(new RegExp(`^${field}:([0-9.]+)`, 'm').exec(info)?.[1]);
    return {
      cpuUs: Math.round(1e6 * (seconds('used_cpu_user') + seconds('used_cpu_sys'))),
      executingUs: executing(info),
    };
  }

  /** From now on nothing but data changes what `settledBytes` gives. */
  async keepNoStatistics(): Promise<void> {
    await this.#redis.config('SET', 'latency-tracking', 'no');
    await this.reset();
  }

  /** Memory in use but for the buffers of connections, once hash tables have moved to their new size. */
  async settledBytes(): Promise<number> {
    let before = Number.NaN;
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const bytes = await this.#bytes();
      if (Math.abs(bytes - before) < 1024) return bytes;
      before = bytes;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return before;
  }

  async #bytes(): Promise<number> {
    const [memory, clients] = await Promise.all([this.#redis.info('memory'), this.#redis.client('LIST')]);
    const buffers = [...String(clients).matchAll(/ tot-mem=(\d+)/g)].map(([, bytes]) => Number(bytes));
    const used = Number(/^used_memory:(\d+)/m.exec(memory)?.[1]);
    return used - buffers.reduce((sum, bytes) => sum + bytes, 0);
  }

  async empty(): Promise<void> {
    await this.#redis.flushall('SYNC');
  }

  /** Bytes of all that one database holds but the copies of the operators' rules, from a sample. */
  async bytesOf(database: number): Promise<number> {
    const connection = this.#redis.duplicate({ db: database });
    try {
      const keys = (await connection.dbsize()) - (await connection.keys('*rules')).length;
      const sample = await sampleOf(connection);
      const sizes = await Promise.all(sample.map((key) => connection.memory('USAGE', key, 'SAMPLES', 1000)));
      return (keys * sizes.reduce<number>((sum, bytes) => sum + Number(bytes), 0)) / sample.length;
    } finally {
      connection.disconnect();
    }
  }

  stop(): void {
    this.#redis.disconnect();
  }
}

async function sampleOf(connection: Redis): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; cursor !== '0' && keys.length < 500; ) {
    const [next, found] = await connection.scan(cursor ?? '0', 'COUNT', 500);
    keys.push(...found.filter((key) => !key.endsWith('rules')));
    cursor = next;
  }
  return keys;
}

/** A script's time holds that of its commands. */
function executing(info: string): number {
  const times = new Map(
    [...info.matchAll(/^cmdstat_([a-z|]+):calls=\d+,usec=(\d+)/gm)].map(([, name = '', usec]) => [name, Number(usec)]),
  );
  const scripts = (times.get('evalsha') ?? 0) + (times.get('eval') ?? 0);
  if (scripts > 0) return scripts;
  return [...times].reduce((sum, [name, usec]) => (OWN_COMMANDS.test(name) ? sum : sum + usec), 0);
}

const OWN_COMMANDS = /^(info|config|hset)/;
