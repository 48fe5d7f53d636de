/** Requests of one client: when how many are sent at once. */
export interface Plan {
  /** Epoch milliseconds of the first request, which is sent alone. */
  readonly startMs: number;
  /** In milliseconds after the first request's answer, or after its start where the plan goes by the clock. */
  readonly after: 'answer' | 'start';
  readonly bunches: readonly { readonly offsetMs: number; readonly count: number }[];
}

/** A request that passed: it was counted at some time between the two, epoch milliseconds. */
export interface Passed {
  /** The first request of a plan is 0. */
  readonly index: number;
  readonly sentMs: number;
  readonly answeredMs: number;
}

/** @param ask is told the number of the request */
export async function carryOut(ask: (index: number) => Promise<boolean>, plan: Plan): Promise<readonly Passed[]> {
  const passed: Passed[] = [];
  const send = async (index: number) => {
    const sentMs = nowMs();
    if (await ask(index)) passed.push({ index, sentMs, answeredMs: nowMs() });
  };
  await until(plan.startMs);
  const first = send(0);
  if (plan.after === 'answer') await first;
  const fromMs = plan.after === 'answer' ? nowMs() : plan.startMs;
  const sent = [first];
  for (const { offsetMs, count } of plan.bunches) {
    await until(fromMs + offsetMs);
    for (let each = 0; each < count; each += 1) sent.push(send(sent.length));
  }
  await Promise.all(sent);
  return passed.sort((left, right) => left.sentMs - right.sentMs);
}

async function until(epochMs: number): Promise<void> {
  const waitMs = epochMs - nowMs();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The most requests that passed within any interval of `windowMs`. Only those count that surely lie in one: sent after it
 * began and answered before it ended.
 */
export function mostInAnyWindow(passed: readonly Passed[], windowMs: number): number {
  return Math.max(
    0,
    ...passed.map(({ sentMs }, first) => {
      const later = passed.slice(first);
      return later.filter(({ answeredMs }) => answeredMs < sentMs + windowMs).length;
    }),
  );
}
