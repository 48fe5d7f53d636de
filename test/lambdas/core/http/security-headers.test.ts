import { describe, expect, it } from 'vitest';
import { withSecurityHeaders } from '../../../../lambdas/core/http/security-headers.ts';

describe('withSecurityHeaders', () => {
  it('adds all of them to a response that sets none', () => {
    expect(withSecurityHeaders({ etag: 'x' })).toEqual({
      etag: 'x',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });

  it("leaves the upstream's own as they are", () => {
    expect(withSecurityHeaders({ 'x-frame-options': 'SAMEORIGIN' })).toMatchObject({
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
    });
  });
});
