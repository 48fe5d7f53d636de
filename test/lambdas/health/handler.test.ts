import { expect, it } from 'vitest';
import { handler } from '../../../lambdas/health/handler.ts';

it('says that it is well, to nobody’s cache, with the security headers of every answer', async () => {
  expect(await handler()).toEqual({
    statusCode: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    },
    body: '{"status":"ok"}',
  });
});
