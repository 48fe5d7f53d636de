import { App, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT_VERSION, placeholder, withValues } from '../../../../lambdas/contract/documents.ts';
import { FoundationStack } from '../../../../lib/foundation-stack.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { renderDocuments } from '../../../../lib/gateway/functions/function-documents.ts';
import { decodeAuthorizerConfig, decodeCircuitsConfig, decodeServicePolicy } from '../../../support/documents.ts';
import { authorizerDocument, documentOf, proxyDocument, variablesOf } from '../../support/documents.ts';
import { CONTEXT, refusalOf, serviceProps, testFoundation, testGateway } from '../../support/stacks.ts';

const stack = () => new Stack(new App(), 'Stack');
/** The same logical id in every stack. */
const arnOf = (scope: Stack) => new Queue(scope, 'Queue').queueArn;

describe('documents', () => {
  it('hold what is known, also when only synthesis knows it', () => {
    const document = { prefix: '/a', upstream: Lazy.string({ produce: () => 'http://late' }) };
    const { files, values } = renderDocuments(stack(), { service: document });
    expect(JSON.parse(files.get('service.json') ?? '')).toEqual({
      version: DOCUMENT_VERSION,
      prefix: '/a',
      upstream: 'http://late',
    });
    expect(values.size).toBe(0);
  });

  it('hold a placeholder for each text that only the deployment knows, and a function puts the text there', () => {
    const scope = stack();
    const arn = arnOf(scope);
    const quoted = `"${placeholder('TOLLGATE_VALUE_0')}"`;
    const document = { upstream: `http://${arn}/base`, audience: [arn, 'api', arn], quoted };
    const { files, values } = renderDocuments(scope, { service: document });
    expect([...values.values()]).toEqual([`http://${arn}/base`, arn]);
    const deployed = Object.fromEntries([...values.keys()].map((name, n) => [name, `"the \\ ${n}th"\n`]));
    expect(JSON.parse(withValues('service', files.get('service.json') ?? '', deployed))).toMatchObject({
      upstream: '"the \\ 0th"\n',
      audience: ['"the \\ 1th"\n', 'api', '"the \\ 1th"\n'],
      quoted,
    });
  });

  it('name a value by what it is made of, whatever stands beside it', () => {
    const scope = stack();
    const arn = arnOf(scope);
    const url = `https://${arn}`;
    const namesOf = (...texts: string[]) => [...renderDocuments(scope, { service: { texts } }).values.keys()];
    const [ofArn, ofUrl] = namesOf(arn, url);
    expect(namesOf(url, arn)).toEqual([ofUrl, ofArn]);
    expect(ofArn).toMatch(/^TOLLGATE_VALUE_[0-9a-f]{12}$/);
  });

  it('keep values of two stacks apart whose resources have the same logical id', () => {
    const app = new App();
    const [one, other] = ['One', 'Other'].map((id) => arnOf(new Stack(app, id))) as [string, string];
    const split = (arn: string) => Fn.select(5, Fn.split(':', arn));
    const texts = [one, other, split(one), split(other)];
    expect(renderDocuments(new Stack(app, 'Reader'), { service: { texts } }).values.size).toBe(4);
  });

  it('refuse a list and a number that only the deployment knows', () => {
    const list = Fn.split(',', arnOf(stack()));
    expect(refusalOf(() => renderDocuments(stack(), { service: { list } }))).toBe(
      'Stack: a value that only the deployment knows must be a string, got a list: write it out, or give the strings of a list one by one with Fn.select',
    );
    const number = Token.asNumber({ Ref: 'X' });
    expect(refusalOf(() => renderDocuments(stack(), { service: { number } }))).toContain('got a number: ');
  });
});

describe('a gateway', () => {
  it("has an upstream of another stack in the proxy function's variables", () => {
    const { gateway, stack: edge } = testGateway();
    const upstream = `http://${arnOf(new Stack(gateway.node.root, 'Upstreams'))}`;
    gateway.addService('users', serviceProps({ upstream }));
    const json = proxyDocument(edge, 'users');
    const { upstream: written } = decodeServicePolicy(json);
    const [, variable = ''] = /^\$\{(TOLLGATE_VALUE_\w+)\}$/.exec(written) ?? [];
    expect(JSON.stringify(variablesOf(edge, ': proxy of users')[variable])).toMatch(
      /"http:\/\/",\{"(Fn::ImportValue|Ref)"/,
    );
    const deployed = withValues('service', json, { [variable]: 'http://the-queue' });
    expect(decodeServicePolicy(deployed).upstream).toBe('http://the-queue');
  });

  it('has an issuer and an audience of another stack in the variables of the authorizer function', () => {
    const foundation = testFoundation();
    const users = arnOf(new Stack(foundation.node.root, 'Users'));
    const jwt = { issuer: `https://${users}`, audience: users };
    const { stack: edge } = testGateway({ foundation, jwt });
    const json = authorizerDocument(edge);
    const variables = variablesOf(edge, 'verifies credentials');
    const names = Object.keys(variables).filter((name) => name.startsWith('TOLLGATE_VALUE_'));
    expect(names.map((name) => typeof variables[name])).toEqual(['object', 'object']);
    const deployed = withValues(
      'authorizer',
      json,
      Object.fromEntries(names.map((name) => [name, `value of ${name}`])),
    );
    const [issuer] = decodeAuthorizerConfig(deployed).issuers;
    expect(names.map((name) => `value of ${name}`).sort()).toEqual(
      [issuer?.issuer, ...(issuer?.audience ?? [])].sort(),
    );
  });

  it('of 74 services has documents of all of them, and variables that Lambda takes', () => {
    const app = new App({ context: { ...CONTEXT, '@aws-cdk/core:stackResourceLimit': 0 }, autoSynth: false });
    const { gateway, stack: edge } = testGateway({ foundation: new FoundationStack(app, 'Foundation') });
    for (let n = 0; n < 74; n += 1) {
      const service = gateway.addService(`a-service-with-a-long-name-${n}`, serviceProps({ prefix: `/api/s${n}` }));
      service.addRoute('GET /own', { auth: Auth.jwt({ scopes: [`scope-${n}`] }) });
    }
    const { services } = decodeCircuitsConfig(documentOf(edge, 'opens circuits on alarms', 'circuits'));
    expect(Object.keys(services)).toHaveLength(74);
    expect(decodeAuthorizerConfig(authorizerDocument(edge)).policies).toHaveLength(75);
  });

  it('is refused when a function has more variables than Lambda takes', () => {
    const { gateway, template } = testGateway();
    const { proxyFunction } = gateway.addService('users', serviceProps());
    proxyFunction.addEnvironment('OWN', '"'.repeat(2100));
    expect(refusalOf(template)).toMatch(
      /^Edge\/Gateway\/users\/Proxy\/ProxyFunction: the environment of a function must be at most 4096 bytes of JSON, got 4[4-9]\d\d: write values that you know out/,
    );
  });
});
