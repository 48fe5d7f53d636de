import { setTimeout as pause } from 'node:timers/promises';
import type { CircuitState } from '../../lambdas/contract/circuit/circuit-state.ts';
import type { Service } from '../child.ts';
import type { LoadOrder, Sample, Timed, UpstreamOrder } from './orders.ts';
import type { Phase } from './phases.ts';
import type { Played, Recording, ServiceRecord } from './recording.ts';
import { CAST, SERVICES, type ServiceName, type Stage } from './stage.ts';

/** How often the processes are asked for what they saw, and the table for the circuit. */
const TICK_MS = 100;
/** What a circuit is waited for, beyond how long its part lasts: far more than it needs. */
const PATIENCE_MS = 12_000;
/** V8 optimizes what it has seen often enough. */
const WARM_UP_MS = 1500;
/** More than a circuit moves in a run. */
const HISTORY = 500;

/** Plays the script under load. The upstream of `payments` falls ill, that of `users` is well all the time. */
export async function play({ players, direct }: Stage, script: readonly Phase[]): Promise<Recording> {
  const parts: Record<ServiceName, { samples: Sample[]; arrivals: number[] }> = {
    payments: { samples: [], arrivals: [] },
    users: { samples: [], arrivals: [] },
  };
  const asked: Timed[] = [];
  const { upstream, circuit } = players.payments;

  async function collect(order: 'take' | 'end'): Promise<void> {
    asked.push(...((await say(direct, { order })) as readonly Timed[]));
    for (const service of SERVICES) {
      const taken = (await toAll(players[service].instances, { order })) as readonly Sample[][];
      parts[service].samples.push(...taken.flat());
      parts[service].arrivals.push(...((await say(players[service].upstream, { order: 'take' })) as number[]));
    }
  }

  async function act(phase: Phase): Promise<Played> {
    const { name, behaviours, everyMs } = phase;
    const before = await circuit.read({ consistent: true });
    await say(upstream, { order: 'behave', behaviours, everyMs });
    const fromMs = Date.now();
    const isOver = endOf(phase, before, fromMs);
    for (let state = before; !isOver(state, Date.now()); state = await circuit.read({ consistent: true })) {
      if (Date.now() - fromMs > phase.forMs + PATIENCE_MS) throw new Error(`${name}: the circuit stays ${state.state}`);
      await pause(TICK_MS);
      await collect('take');
    }
    return { name, fromMs, untilMs: Date.now() };
  }

  for (const service of SERVICES) await begin(players[service].instances, CAST[service].ratePerS);
  await begin([direct], CAST.users.ratePerS);
  await pause(WARM_UP_MS);
  const phases: Played[] = [];
  for (const phase of script) phases.push(await act(phase));
  await collect('end');
  const record = async (service: ServiceName): Promise<ServiceRecord> => {
    const history = await players[service].circuit.history(HISTORY);
    return { ...parts[service], history: history.toReversed() };
  };
  return { phases, services: { payments: await record('payments'), users: await record('users') }, direct: asked };
}

/** Told of the circuit now and then, says when a part of the script has seen what it is there for. */
function endOf({ until, forMs }: Phase, before: CircuitState, fromMs: number) {
  let openSeenAtMs: number | undefined;
  return (circuit: CircuitState, nowMs: number): boolean => {
    if (until === 'closed') return circuit.state === 'closed' && nowMs - Math.max(fromMs, circuit.closedAtMs) >= forMs;
    if (circuit.version > before.version) openSeenAtMs ??= nowMs;
    return openSeenAtMs !== undefined && nowMs - openSeenAtMs >= forMs;
  };
}

/** The processes take turns, so that requests come evenly. */
async function begin(processes: readonly Service[], ratePerS: number): Promise<void> {
  const everyMs = (1000 * processes.length) / ratePerS;
  for (const service of processes) {
    await say(service, { order: 'begin', everyMs });
    await pause(everyMs / processes.length);
  }
}

function toAll(processes: readonly Service[], order: LoadOrder): Promise<readonly unknown[]> {
  return Promise.all(processes.map((service) => say(service, order)));
}

function say(service: Service, order: LoadOrder | UpstreamOrder): Promise<unknown> {
  return service.ask(order);
}
