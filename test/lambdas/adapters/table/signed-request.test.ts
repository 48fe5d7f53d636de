import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../../../lambdas/adapters/table/signed-request.ts';

describe('the endpoint', () => {
  it.each([
    ['eu-central-1', 'https://dynamodb.eu-central-1.amazonaws.com'],
    ['us-gov-west-1', 'https://dynamodb.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://dynamodb.cn-north-1.amazonaws.com.cn'],
  ])('of %s is %s', (region, origin) => {
    expect(endpointOf({ AWS_REGION: region }).origin).toBe(origin);
  });

  it.each(['http://localhost:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000', 'https://vpce-1.example.com'])(
    'may be %s',
    (own) => {
      expect(endpointOf({ AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_DYNAMODB: own }).origin).toBe(own);
    },
  );

  it.each(['http://dynamodb.example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1', 'ftp://localhost'])(
    'may not be %s, where others can read along',
    (own) => {
      expect(() => endpointOf({ AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_DYNAMODB: own })).toThrow('must be https');
    },
  );

  it('needs a region', () => {
    expect(() => endpointOf({})).toThrow('AWS_REGION must be set');
  });
});
