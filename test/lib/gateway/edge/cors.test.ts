import { describe, expect, it } from 'vitest';
import { corsOptions } from '../../../../lib/gateway/edge/cors.ts';

describe('CORS', () => {
  it('lets pages send a token and read the limits', () => {
    const { allowHeaders, exposeHeaders } = corsOptions(['https://app.example.com']);
    expect(allowHeaders).toEqual(['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match']);
    expect(exposeHeaders).toEqual(
      expect.arrayContaining(['ratelimit', 'ratelimit-policy', 'retry-after', 'x-ratelimit-remaining', 'x-request-id']),
    );
  });

  it.each(['*', 'http://localhost:5173', 'https://app.example.com'])('takes the origin %s', (origin) => {
    expect(corsOptions([origin]).allowOrigins).toEqual([origin]);
  });

  it.each(['app.example.com', 'https://app.example.com/', 'https://app.example.com/shop', 'https://*.example.com', ''])(
    'refuses the origin %j',
    (origin) => {
      expect(() => corsOptions([origin])).toThrow(
        `a CORS origin must be scheme and host without a path, got ${JSON.stringify(origin)}: `,
      );
    },
  );
});
