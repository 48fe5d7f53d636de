import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { answerInWords, HEALTH_PATH, type ProbeAnswer } from '../probe.ts';
import { isRefusal, NOT_TAKEN } from '../refusal.ts';

const LIMIT_BYTES = 10_240;
/** Room for the request line and for headers that the client and the edge add. */
const MARGIN_BYTES = 1024;
const MB = 1024 * 1024;

/** AWS: 10,240 bytes of request line and header values. */
export const headerLimit: Check = {
  name: 'header limit',
  run: async ({ probe }) => {
    const filled = (bytes: number) => probe({ path: HEALTH_PATH, headers: { 'x-tollgate-verify': 'a'.repeat(bytes) } });
    return judgeHeaderLimit(await filled(LIMIT_BYTES - MARGIN_BYTES), await filled(LIMIT_BYTES + 1));
  },
};

export function judgeHeaderLimit(below: ProbeAnswer, above: ProbeAnswer): Outcome {
  const seen = `${LIMIT_BYTES - MARGIN_BYTES} bytes: ${answerInWords(below)}; ${LIMIT_BYTES + 1}: ${answerInWords(above)}`;
  if (below.status !== 200) {
    return differs(seen, 'headers under the limit are refused: clients with long tokens or cookies cannot call');
  }
  if (above.status === 431) return holds(seen);
  if (above.status >= 400 && above.status < 500) {
    return differs(seen, 'the limit is there, and its status is another than 431: harmless. Report it');
  }
  return differs(seen, 'the documented limit of 10,240 bytes is not applied as the local run does. Report it');
}

/** AWS: 10 MB for a body, 6 MB for the event that a function is invoked with. */
export const bodyLimits: Check = {
  name: 'body limits',
  run: async ({ probe, command, credentials }) => {
    const headers = { ...(await credentials.next()), 'content-type': 'application/octet-stream' };
    const send = (bytes: number) => probe({ method: 'POST', path: command.path, headers, body: Buffer.alloc(bytes) });
    return judgeBodyLimits(await send(7 * MB), await send(10 * MB + 1));
  },
};

export function judgeBodyLimits(event: ProbeAnswer, body: ProbeAnswer): Outcome {
  const seen = `7 MB: ${answerInWords(event)}; over 10 MB: ${answerInWords(body)}`;
  if ([event, body].every(({ status }) => status === 413)) return holds(seen);
  if ([event, body].some(isRefusal)) return notTried(`${seen}: ${NOT_TAKEN}`);
  if ([event, body].every(({ status }) => status >= 400)) {
    return differs(
      seen,
      'bodies that are too large are refused by another answer than 413: clients may retry. Report it',
    );
  }
  return differs(seen, 'a body over the documented limit went through. Report it');
}
