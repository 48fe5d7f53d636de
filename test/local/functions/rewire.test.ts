import { expect, test } from 'vitest';
import { DOCUMENT_VERSION } from '../../../lambdas/contract/documents.ts';
import { Env } from '../../../lambdas/contract/environment.ts';
import { readDocuments, rewireDocuments, rewireVariables, type StandIns } from '../../../local/functions/rewire.ts';
import { documentJson } from '../../support/documents.ts';
import { AUTHORIZER, SERVICE } from '../support/documents.ts';

const STAND_INS: StandIns = {
  upstreamOf: (service) => `http://127.0.0.1:1/${service}`,
  jwksUriOf: (issuer) => `http://127.0.0.1:2/${encodeURIComponent(issuer)}`,
  redisUrl: 'redis://127.0.0.1:3',
};

test("a service's upstream is replaced and everything else of its policy stays", () => {
  const { service: json = '' } = rewireDocuments({ service: documentJson(SERVICE) }, STAND_INS);
  expect(JSON.parse(json)).toEqual({ version: DOCUMENT_VERSION, ...SERVICE, upstream: 'http://127.0.0.1:1/users' });
});

test("each issuer's keys come from the demo issuer, under the issuer's own name", () => {
  const { authorizer: json = '' } = rewireDocuments({ authorizer: documentJson(AUTHORIZER) }, STAND_INS);
  const [issuer] = JSON.parse(json).issuers;
  expect(issuer).toEqual({ ...AUTHORIZER.issuers[0], jwksUri: 'http://127.0.0.1:2/https%3A%2F%2Fauth.example.com' });
});

test('Redis is the local one, which is no cluster', () => {
  const variables = {
    [Env.redisUrl]: 'rediss://cache:6379',
    [Env.redisCluster]: 'true',
    [Env.redisLogin]: '{}',
    OTHER: '1',
  };
  expect(rewireVariables(variables, STAND_INS)).toEqual({ [Env.redisUrl]: 'redis://127.0.0.1:3', OTHER: '1' });
  expect(rewireVariables(variables, { ...STAND_INS, redisUrl: null })).toEqual({ OTHER: '1' });
});

test('a function without Redis gets none', () => {
  expect(rewireVariables({ OTHER: '1' }, STAND_INS)).toEqual({ OTHER: '1' });
});

test('services and issuers are read from the documents', () => {
  const documents = readDocuments([
    { name: 'Proxy', documents: { service: documentJson(SERVICE) } },
    { name: 'Guard', documents: { authorizer: documentJson(AUTHORIZER) } },
    { name: 'Health', documents: {} },
  ]);
  expect(documents.services.map(({ functionName, policy }) => [functionName, policy.service])).toEqual([
    ['Proxy', 'users'],
  ]);
  expect(documents.issuers.map(({ issuer }) => issuer)).toEqual(['https://auth.example.com']);
});
