import type { Service } from '../child.ts';
import { mostInAnyWindow, type Passed, type Plan } from './behaviour.ts';
import type { Order } from './orders.ts';

export const PATTERN_LIMIT = 100;
/** Whole seconds: some limiters know no others. */
export const PATTERN_WINDOW_MS = 2000;

/** What a client gets out of a limiter when it knows when to ask. */
export interface Behaviour {
  /** The most that passed in any one window, when asked just before and just after the limiter's boundary. */
  readonly burst: number;
  /** The same, when asked just before the boundary and then steadily, or steadily all the time. */
  readonly dripped: number;
  /** Passed of each 200 asked, while a client keeps asking at twice its limit. */
  readonly overload: number;
}

/** So long before a boundary a bunch is sent: it must be answered before. */
const BEFORE_MS = 150;
/** So long after a boundary, where it goes by the clock of the machine. */
const AFTER_MS = 20;
const CYCLES = 8;
/** Cycles at the start that do not count: they fill the window. */
const SETTLING_CYCLES = 2;
/** In a cycle twice the limit is asked. It is longer than the window by some ms, so that timers may be late. */
const CYCLE_MS = 1.0025 * PATTERN_WINDOW_MS;

/** All patterns, of a client each, within some 20 s. @param turn limiters of different turns are busy at different times */
export async function behaviourOf(service: Service, turn: number): Promise<Behaviour> {
  const boundary = (windows: number) =>
    (Math.ceil(Date.now() / PATTERN_WINDOW_MS) + 1 + (turn % 4) + windows) * PATTERN_WINDOW_MS;
  const plans = [
    overTheClock(boundary(0)),
    overTheFirst(boundary(1) - 500),
    dripping(boundary(2)),
    overloading(boundary(0)),
  ];
  const order: Order = { order: 'plans', plans };
  const [clock = [], first = [], dripped = [], overload = []] = (await service.ask(order)) as readonly Passed[][];
  const most = (passed: readonly Passed[]) => mostInAnyWindow(passed, PATTERN_WINDOW_MS);
  const settled = overload.filter(({ index }) => index >= SETTLING_CYCLES * 2 * PATTERN_LIMIT);
  return {
    burst: Math.max(most(clock), most(first)),
    dripped: Math.max(most(dripped), most(overload)),
    overload: settled.length / (CYCLES - SETTLING_CYCLES),
  };
}

/** Around a whole multiple of the window, where a limiter that numbers its windows by the clock has its boundary. */
function overTheClock(boundaryMs: number): Plan {
  return {
    startMs: boundaryMs - BEFORE_MS,
    after: 'start',
    bunches: [
      { offsetMs: 0, count: PATTERN_LIMIT - 1 },
      { offsetMs: BEFORE_MS + AFTER_MS, count: PATTERN_LIMIT },
    ],
  };
}

/** Around the end of the window that the first request opened, where others have it. */
function overTheFirst(startMs: number): Plan {
  return {
    startMs,
    after: 'answer',
    bunches: [
      { offsetMs: PATTERN_WINDOW_MS - BEFORE_MS, count: PATTERN_LIMIT },
      { offsetMs: PATTERN_WINDOW_MS + 2, count: PATTERN_LIMIT },
    ],
  };
}

/** At the end of one window of the clock, then one by one for the length of another. */
function dripping(boundaryMs: number): Plan {
  const everyMs = PATTERN_WINDOW_MS / (2 * PATTERN_LIMIT);
  const drips = Math.floor((PATTERN_WINDOW_MS - BEFORE_MS) / everyMs);
  return {
    startMs: boundaryMs - BEFORE_MS,
    after: 'start',
    bunches: [
      { offsetMs: 0, count: PATTERN_LIMIT - 1 },
      ...Array.from({ length: drips }, (_, index) => ({ offsetMs: BEFORE_MS + index * everyMs, count: 1 })),
    ],
  };
}

function overloading(startMs: number): Plan {
  const asked = 2 * PATTERN_LIMIT;
  const bunches = Array.from({ length: CYCLES * asked }, (_, index) => ({
    offsetMs: (index * CYCLE_MS) / asked,
    count: 1,
  }));
  return { startMs, after: 'start', bunches: bunches.slice(1) };
}
