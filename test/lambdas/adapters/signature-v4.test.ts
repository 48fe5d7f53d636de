import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../../lambdas/adapters/signature-v4.ts';

/** The cases `post-vanilla` and `post-sts-header-before` of AWS's Signature Version 4 test suite. */
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: '',
};
const scope = { region: 'us-east-1', service: 'service', credentials };
const host = { host: 'example.amazonaws.com' };

describe('a signed request', () => {
  it('has the signature that AWS computes', () => {
    expect(signedHeaders(host, Buffer.alloc(0), scope, nowMs)).toEqual({
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        'SignedHeaders=host;x-amz-date, ' +
        'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    });
  });

  it('signs and sends the session token of temporary credentials', () => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    const signed = signedHeaders(
      host,
      Buffer.alloc(0),
      { ...scope, credentials: { ...credentials, sessionToken } },
      nowMs,
    );
    expect(signed['x-amz-security-token']).toBe(sessionToken);
    expect(signed['authorization']).toContain(
      'SignedHeaders=host;x-amz-date;x-amz-security-token, ' +
        'Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    );
  });
});
