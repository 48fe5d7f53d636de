import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { badCredentialsLimit } from '../../../../lib/gateway/limits/bad-credentials.ts';
import { RateLimit, type RateLimits } from '../../../../lib/gateway/limits/rate-limit.ts';
import { windowLimit } from '../../../support/policy.ts';
import { serviceProps, testGateway } from '../../support/stacks.ts';

const MINUTE = Duration.minutes(1);

describe('refused credentials', () => {
  it('are thirty a minute from one address, unless told otherwise', () => {
    expect(badCredentialsLimit()).toEqual(windowLimit(30, 60_000, { name: 'bad-credentials', by: 'ip' }));
  });

  it('may be limited otherwise, or not at all', () => {
    const limit = RateLimit.perIp(5, Duration.minutes(5), { shadow: true, onStoreFailure: 'open' });
    expect(badCredentialsLimit(limit)).toEqual(
      windowLimit(5, 300_000, { name: 'bad-credentials', by: 'ip', shadow: true, onStoreFailure: 'open' }),
    );
    expect(badCredentialsLimit(RateLimit.none())).toBeNull();
  });

  it.each<[string, RateLimits, string]>([
    [
      'two limits',
      [RateLimit.perIp(5, MINUTE), RateLimit.perIp(50, MINUTE)],
      'badCredentials must be one limit, got 2: ',
    ],
    [
      'one per client',
      RateLimit.perClient(5, MINUTE),
      'a limit per IP address, got a window by client: write one like',
    ],
    ['one per plan', RateLimit.perPlan({ free: 5 }, MINUTE), 'a limit per IP address, got a window by client: '],
    ['a bucket', RateLimit.tokenBucket({ rate: 1, burst: 5, by: 'ip' }), 'per IP address, got a bucket by ip: '],
    ['a bound of concurrency', RateLimit.concurrency(5, { by: 'ip' }), 'per IP address, got a concurrency by ip: '],
    [
      'another name',
      RateLimit.perIp(5, MINUTE, { name: 'guesses' }),
      'the limit of badCredentials must be called bad-credentials, got "guesses": leave its name out',
    ],
    ['an empty list', [], 'rateLimit must name at least one limit, got []'],
  ])('are refused %s', (_, limit, message) => {
    expect(() => badCredentialsLimit(limit)).toThrow(message);
  });

  it('have a name that no other limit takes', () => {
    const rateLimit = RateLimit.perIp(5, MINUTE, { name: 'bad-credentials' });
    const message = "the name bad-credentials must be left to the gateway's limit of refused credentials, ";
    expect(() => testGateway({ rateLimit })).toThrow(message);
    expect(() => testGateway().gateway.addService('users', serviceProps({ rateLimit }))).toThrow(message);
    expect(() => testGateway({ badCredentials: rateLimit })).not.toThrow();
  });
});
