import { beforeEach, describe, expect, it } from 'vitest';
import { PAUSES, StoreBreaker } from '../../../../lambdas/adapters/redis/store-breaker.ts';
import { TestClock } from '../../../support/clock.ts';

let clock: TestClock;
let random: number;
let changes: string[];
/** The probes sent so far, each answered by the test. */
let probes: PromiseWithResolvers<void>[];
let breaker: StoreBreaker;

beforeEach(() => {
  clock = new TestClock(0);
  random = 0;
  changes = [];
  probes = [];
  breaker = create();
});

function create(): StoreBreaker {
  return new StoreBreaker({
    probe: () => {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      return probe.promise;
    },
    clock: clock.now,
    random: () => random,
    onChange: (change, error) => changes.push(error === undefined ? change : `${change}: ${error}`),
    onFailure: () => undefined,
  });
}

function lose(): void {
  breaker.failed('no answer', breaker.changes);
}

/** Lets the promises go on that a probe's answer resolves. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function fail(probe: number): Promise<void> {
  probes[probe]?.reject(new Error('still no answer'));
  await settled();
}

async function succeed(probe: number): Promise<void> {
  probes[probe]?.resolve();
  await settled();
}

/** How long after now the next probe is sent, in milliseconds, by asking once each millisecond; its number is returned too. */
function nextProbe(): { readonly afterMs: number; readonly probe: number } {
  const before = probes.length;
  const fromMs = clock.nowMs;
  while (clock.nowMs - fromMs <= 2 * PAUSES.longest) {
    expect(breaker.mayBeAsked()).toBe(false);
    if (probes.length > before) return { afterMs: clock.nowMs - fromMs, probe: before };
    clock.advance(1);
  }
  throw new Error('no probe was sent');
}

/** The pauses before so many probes, all of which fail. */
async function pausesBeforeFailures(count: number): Promise<number[]> {
  const pauses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { afterMs, probe } = nextProbe();
    pauses.push(afterMs);
    await fail(probe);
  }
  return pauses;
}

async function recover(): Promise<void> {
  await succeed(nextProbe().probe);
}

describe('while the store answers', () => {
  it('it may be asked and is not probed', () => {
    clock.advance(1_000_000);
    expect(breaker.mayBeAsked()).toBe(true);
    expect(probes).toEqual([]);
    expect(changes).toEqual([]);
  });
});

describe('a failed call', () => {
  it('keeps all further ones away, and is told with its error', () => {
    lose();
    expect(breaker.mayBeAsked()).toBe(false);
    expect(changes).toEqual(['lost: no answer']);
  });

  it('is told once, however many calls under way fail with it', () => {
    const begun = breaker.changes;
    for (let call = 0; call < 50; call += 1) breaker.failed('no answer', begun);
    expect(changes).toEqual(['lost: no answer']);
  });

  it('does not put off the probe when it fails later than the first', () => {
    const begun = breaker.changes;
    breaker.failed('no answer', begun);
    clock.advance(PAUSES.first / 2 - 1);
    breaker.failed('no answer', begun);
    expect(nextProbe().afterMs).toBe(1);
  });

  it('of before the outage does not lose a store that has come back', async () => {
    const begun = breaker.changes;
    lose();
    await recover();
    breaker.failed('no answer, late', begun);
    expect(breaker.mayBeAsked()).toBe(true);
    expect(changes).toEqual(['lost: no answer', 'recovered']);
  });
});

describe('a lost store', () => {
  it('is probed by a request after a pause, and by none before', () => {
    lose();
    clock.advance(PAUSES.first / 2 - 1);
    expect(breaker.mayBeAsked()).toBe(false);
    expect(probes).toHaveLength(0);
    clock.advance(1);
    expect(breaker.mayBeAsked()).toBe(false);
    expect(probes).toHaveLength(1);
  });

  it('is probed once at a time, however long that takes', () => {
    lose();
    nextProbe();
    for (let request = 0; request < 100; request += 1) {
      clock.advance(PAUSES.longest);
      expect(breaker.mayBeAsked()).toBe(false);
    }
    expect(probes).toHaveLength(1);
  });

  it('is left alone twice as long after each failed probe, up to five seconds', async () => {
    random = 1 - Number.EPSILON;
    lose();
    expect(await pausesBeforeFailures(9)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it.each([
    [0, [50, 100, 200, 400, 800, 1600, 2500, 2500]],
    [0.5, [75, 150, 300, 600, 1200, 2400, 3750, 3750]],
  ])('is probed at a time of each instance: with %d for chance, after %j ms', async (chance, pauses) => {
    random = chance;
    lose();
    expect(await pausesBeforeFailures(pauses.length)).toEqual(pauses);
  });

  it('whose probe throws at once is no different', async () => {
    const thrower = new StoreBreaker({
      probe: () => {
        throw new Error('not even a promise');
      },
      clock: clock.now,
      random: () => 0,
      onFailure: () => undefined,
      onChange: (change) => changes.push(change),
    });
    thrower.failed('no answer', thrower.changes);
    clock.advance(PAUSES.first);
    expect(thrower.mayBeAsked()).toBe(false);
    await settled();
    expect(thrower.mayBeAsked()).toBe(false);
    expect(changes).toEqual(['lost']);
  });
});

describe('a store that answers its probe', () => {
  it('may be asked again, and is told recovered once', async () => {
    lose();
    await recover();
    expect([breaker.mayBeAsked(), breaker.mayBeAsked()]).toEqual([true, true]);
    expect(changes).toEqual(['lost: no answer', 'recovered']);
    expect(probes).toHaveLength(1);
  });

  it('is not asked before the answer is there', async () => {
    lose();
    const { probe } = nextProbe();
    expect(breaker.mayBeAsked()).toBe(false);
    await succeed(probe);
    expect(breaker.mayBeAsked()).toBe(true);
  });

  it('and is lost again after a while is told again, and probed as soon as at first', async () => {
    lose();
    await pausesBeforeFailures(4);
    await recover();
    clock.advance(PAUSES.longest + 1);
    lose();
    expect(changes).toEqual(['lost: no answer', 'recovered', 'lost: no answer']);
    expect(nextProbe().afterMs).toBe(PAUSES.first / 2);
  });

  it('and is lost again at once is left alone for longer each time', async () => {
    const pauses: number[] = [];
    for (let outage = 0; outage < 8; outage += 1) {
      lose();
      const { afterMs, probe } = nextProbe();
      pauses.push(afterMs);
      await succeed(probe);
    }
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 2500, 2500]);
    expect(changes.filter((change) => change === 'recovered')).toHaveLength(8);
  });
});
