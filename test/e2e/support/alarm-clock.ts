import type { Clock } from '../../../local/clock.ts';
import type { RunningGateway } from '../../../local/running-gateway.ts';

/** The time by which a gateway's alarms are evaluated: the system's until a test lets them fire. */
export interface AlarmClock extends Clock {
  /**
   * Evaluates the alarms at the end of each period since the clock was made, the present one included, until one of them
   * is in alarm; resolves when what that set off has ended.
   */
  fire(gateway: RunningGateway, periodMs: number): Promise<void>;
}

export function alarmClock(): AlarmClock {
  const startMs = Date.now();
  let timeMs: number | undefined;
  return {
    nowMs: () => timeMs ?? Date.now(),
    every: () => () => undefined,
    fire: async ({ alarms }, periodMs) => {
      const endMs = endOfPeriod(Date.now(), periodMs);
      const fired = () => Object.values(alarms.states()).includes('ALARM');
      for (timeMs = endOfPeriod(startMs, periodMs); timeMs <= endMs && !fired(); timeMs += periodMs) {
        await alarms.evaluate();
      }
    },
  };
}

function endOfPeriod(timeMs: number, periodMs: number): number {
  return (Math.floor(timeMs / periodMs) + 1) * periodMs;
}
