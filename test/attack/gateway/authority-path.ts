import { type Attack, tally } from './attack.ts';
import { sendRaw } from './raw-request.ts';

/** Under the prefix of payments; each is a reading of `/refunds`, or ends a router that cannot read it. */
const PATHS = [
  '//x/refunds',
  '//x/refunds?a=b',
  '///x/refunds',
  '//x:80/refunds',
  '//u@x/refunds',
  '/%2fx/refunds',
  '/%2F%2fx/refunds',
  '//x:99999/admin',
  '//[/refunds',
  '/refunds.json',
  '/refunds%3fa',
  '/refunds%23a',
  '/refunds%00a',
  '/refunds/',
  '//refunds',
];

/** Refunds need the scope `payments:refund`, which the attacker's token does not have. */
export const authorityPath: Attack = {
  name: 'a path that is read as an authority',
  run: async ({ url, token, payments }) => {
    const statuses = [];
    for (const [index, path] of PATHS.entries()) {
      // A client each: none comes into a limit.
      const credential = await token(`mallory-${index}`, 'payments:read');
      const request = { method: 'POST', target: `/api/payments${path}`, token: credential, body: '{}' };
      statuses.push((await sendRaw(url, request)).status);
    }
    const reached = [...payments.refunds, ...payments.fatal];
    return {
      requests: PATHS.length,
      worked: reached.length > 0,
      seen:
        reached.length > 0
          ? `the upstream got ${reached.join(' ')}`
          : `no router of the upstream saw refunds; answers: ${tally(statuses)}`,
    };
  },
};
