import type { VerifyContext } from './check.ts';

/** Asks until the answer is accepted or the time is over. @returns the last answer */
export async function poll<T>(
  { clock, pause }: Pick<VerifyContext, 'clock' | 'pause'>,
  { forMs, everyMs }: { readonly forMs: number; readonly everyMs: number },
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
): Promise<T> {
  const untilMs = clock() + forMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer) || clock() >= untilMs) return answer;
    await pause(everyMs);
  }
}

/** CloudWatch shows metrics some minutes late. */
export const METRICS_LATENESS = { forMs: 240_000, everyMs: 15_000 };
