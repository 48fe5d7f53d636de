import { onTestFinished } from 'vitest';
import type { LogEvent } from '../../../local/log-event.ts';
import type { RunningGateway } from '../../../local/running-gateway.ts';
import { type GatewayOptions, startGateway } from '../../../local/start-gateway.ts';
import { type AssemblyFixture, temporaryDir, writeAssembly } from './assembly.ts';

export interface ServedFixture {
  readonly gateway: RunningGateway;
  readonly events: readonly LogEvent[];
  /** Resolves with the first event of that kind that the test accepts, past ones included. */
  until<Kind extends LogEvent['kind']>(
    kind: Kind,
    accept: (event: Extract<LogEvent, { kind: Kind }>) => boolean,
  ): Promise<Extract<LogEvent, { kind: Kind }>>;
}

/** Serves a fixture until the test has finished. Limits are counted in memory unless the test says otherwise. */
export async function serveFixture(
  fixture: AssemblyFixture,
  options: Partial<GatewayOptions> = {},
): Promise<ServedFixture> {
  const stateDir = temporaryDir();
  const assemblyDir = writeAssembly(fixture);
  const events: LogEvent[] = [];
  const waiting = new Set<(event: LogEvent) => void>();
  const log = (event: LogEvent) => {
    events.push(event);
    for (const notify of waiting) notify(event);
  };
  const gateway = await startGateway({ assemblyDir, stateDir, port: 0, redis: 'memory', log, ...options });
  onTestFinished(() => gateway.close());
  return {
    gateway,
    events,
    until: (kind, accept) =>
      new Promise((resolve) => {
        const notify = (event: LogEvent) => {
          if (event.kind !== kind || !accept(event as never)) return;
          waiting.delete(notify);
          resolve(event as never);
        };
        waiting.add(notify);
        for (const event of [...events]) notify(event);
      }),
  };
}
