import { type Attack, tally } from './attack.ts';
import { type RawRequest, sendRaw } from './raw-request.ts';

/** So many failures open a circuit that has had no other calls. */
const OF_EACH = 6;

/**
 * The upstream of products is Node's own server: it takes 16 KB of header fields, answers 431 without a length, and resets
 * the connection where a body is unread. Names are not among the 10,240 bytes that API Gateway counts.
 */
const REQUESTS: readonly Pick<RawRequest, 'method' | 'fields' | 'body'>[] = [
  {
    method: 'POST',
    fields: [
      ['x'.repeat(9000), '1'],
      ['y'.repeat(9000), '1'],
      ['Content-Type', 'text/plain'],
    ],
    body: 'x'.repeat(100_000),
  },
  { method: 'GET', fields: Array.from({ length: 250 }, (_, index) => [`x-${index}`, '']) },
];

/** Requests that the upstream cannot take; another client asks afterwards. */
export const unreadable: Attack = {
  name: 'requests that the upstream cannot read',
  run: async ({ url }) => {
    const target = '/api/products/1';
    const statuses = [];
    for (const request of REQUESTS) {
      for (let turn = 0; turn < OF_EACH; turn += 1) statuses.push((await sendRaw(url, { ...request, target })).status);
    }
    const { status } = await sendRaw(url, { method: 'GET', target });
    return {
      requests: statuses.length,
      worked: status !== 200,
      seen: `the other client: ${status}; the attacker: ${tally(statuses)}`,
    };
  },
};
