import type { Check, VerifyContext } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';
import { isRefusal, NOT_TAKEN } from '../refusal.ts';

/** The most requests that the check sends to an upstream. */
const MOST_REQUESTS = 500;
/** Enough for several instances of the function; few enough that no request waits long. */
const AT_ONCE = 3;
/** Windows slide: older requests leave the window while new ones arrive. */
const LONGEST_SHARE_OF_WINDOW = 0.8;

/** Exactly as many requests pass as the limit allows. The other answers say when to try again. */
export const limit: Check = {
  name: 'rate limit',
  run: async (context) => {
    const first = await attempt(context);
    // If Redis answers a call late, only the function counts it: try again. A token's client cannot try again: its
    // limit is used up.
    if (first.result !== 'differs' || context.command.token !== undefined) return first;
    const second = await attempt(context);
    return second.result === 'holds' ? holds(`${second.seen}; at the first try ${first.seen}`) : second;
  },
};

async function attempt({ probe, command, credentials, clock }: VerifyContext): Promise<Outcome> {
  const headers = await credentials.next();
  const send = () => probe({ path: command.path, headers });
  const startedAtMs = clock();
  const first = await send();
  const room = roomOf(first);
  if (typeof room === 'string') return notTried(room);
  const others = await untilCounted(room.left + 1, send);
  return judgeLimit({ ...room, answers: [first, ...others], tookMs: clock() - startedAtMs });
}

interface Room {
  /** How many further requests the limit lets pass. */
  readonly left: number;
  readonly limit: number;
  readonly windowMs: number;
}

/** The limit as the gateway reports it; a text says why it cannot be tried. */
export function roomOf(answer: ProbeAnswer): Room | string {
  const { headers } = answer;
  const seen = answerInWords(answer);
  if (isRefusal(answer)) return `${seen}: ${NOT_TAKEN}`;
  const [limitOf, left] = [headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']].map(Number);
  if (!isCount(limitOf) || !isCount(left))
    return `${seen} without X-RateLimit-Limit: the path has no limit, or its headers are off`;
  if (left > MOST_REQUESTS) return `the limit leaves ${left} requests, and at most ${MOST_REQUESTS} are sent`;
  const [, windowS] = /;w=(\d+)/.exec(String(headers['ratelimit-policy'] ?? '')) ?? [];
  return { limit: limitOf, left, windowMs: Number(windowS ?? 60) * 1000 };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}

/**
 * Sends requests until the limit has counted this many. Some requests do not count, such as those that Lambda
 * throttles.
 */
async function untilCounted(count: number, send: () => Promise<ProbeAnswer>): Promise<readonly ProbeAnswer[]> {
  const answers: ProbeAnswer[] = [];
  let begun = 0;
  let lost = 0;
  const turn = async (): Promise<void> => {
    while (begun - lost < count && begun < 2 * count) {
      begun += 1;
      const answer = await send();
      if (!isCounted(answer)) lost += 1;
      answers.push(answer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
  return answers;
}

function isCounted({ status, headers }: ProbeAnswer): boolean {
  return status === 429 || headers['x-ratelimit-limit'] !== undefined;
}

export interface LimitRun extends Room {
  readonly answers: readonly ProbeAnswer[];
  readonly tookMs: number;
}

export function judgeLimit({ left, limit: bound, windowMs, answers, tookMs }: LimitRun): Outcome {
  const room = left + 1;
  const counted = answers.filter(isCounted);
  const passed = counted.filter(({ status }) => status !== 429).length;
  const lost = answers.length - counted.length;
  const uncounted = lost > 0 ? `, ${lost} were not counted` : '';
  const seen = `of ${answers.length} requests within a limit of ${bound} that left ${room}, ${passed} passed in ${(tookMs / 1000).toFixed(1)} s${uncounted}`;
  if (tookMs > windowMs * LONGEST_SHARE_OF_WINDOW) return notTried(`${seen}: too slow for the limit's window`);
  if (passed > room) {
    return differs(seen, 'more pass than the limit allows: is Redis reached? Look for StoreErrors and CountedLocally');
  }
  // An answer that was lost on its way back may have been counted.
  if (passed < room && lost > 0) return notTried(`${seen}: does Lambda throttle, or is the service too slow?`);
  if (passed < room) {
    return differs(seen, 'fewer pass than the limit allows: functions count alone where Redis is not reached in time');
  }
  return judgeWait(seen, answers, windowMs);
}

function judgeWait(seen: string, answers: readonly ProbeAnswer[], windowMs: number): Outcome {
  const refused = answers.filter(({ status }) => status === 429);
  const waits = refused.map(({ headers }) => Number(headers['retry-after'] ?? Number.NaN));
  const isWithin = waits.every((waitS) => waitS >= 1 && waitS * 1000 <= windowMs + 1000);
  if (waits.length > 0 && isWithin) return holds(`${seen}; Retry-After: ${Math.min(...waits)}`);
  return differs(`${seen}; Retry-After: ${waits.join(', ') || 'none'}`, 'clients do not learn when to try again');
}
