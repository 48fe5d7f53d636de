import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { RedisEndpoint } from '../../lambdas/adapters/redis/redis-connection.ts';
import type { Admitted, Attack, Victim } from '../lambdas/adapters/limits/knocking-process.ts';

const PROCESS = new URL('../lambdas/adapters/limits/knocking-process.ts', import.meta.url);
/** By how much the clock of each process is wrong. */
const SKEWS_MS = [0, 1, -1, 500, -60_000, 3_600_000, -86_400_000, 315_360_000_000];

/** Processes that attack one Redis together, each with a connection and a wrong clock of its own. */
export class Attackers {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  static async start(endpoint: RedisEndpoint): Promise<Attackers> {
    const processes = SKEWS_MS.map((skewMs) => fork(PROCESS, [JSON.stringify([endpoint, skewMs])]));
    await Promise.all(processes.map((process) => reply(process)));
    return new Attackers(processes);
  }

  /**
   * @param calls of each process
   * @param rhythms of the processes, in turn
   * @returns how often each client was let pass by all of them together
   */
  async attack(victims: readonly Victim[], calls: number, ...rhythms: readonly Attack['rhythm'][]): Promise<Admitted> {
    const counts = await Promise.all(
      this.#processes.map(async (process, index) => {
        const answered = reply(process);
        process.send({ victims, calls, rhythm: rhythms[index % rhythms.length] });
        return (await answered) as Admitted;
      }),
    );
    const sum: Record<string, number> = {};
    for (const [client, count] of counts.flatMap((each) => Object.entries(each))) {
      sum[client] = (sum[client] ?? 0) + count;
    }
    return sum;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (process) => {
        const ended = once(process, 'exit');
        if (process.exitCode !== null) return;
        process.disconnect();
        await ended;
      }),
    );
  }
}

/** @throws when the process ends without one */
async function reply(process: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const ended = once(process, 'exit', { signal: done.signal }).then(([code]) => {
    throw new Error(`the process ended with ${code} before it answered`);
  });
  try {
    const [message] = await Promise.race([once(process, 'message', { signal: done.signal }), ended]);
    return message;
  } finally {
    ended.catch(() => undefined);
    done.abort();
  }
}
