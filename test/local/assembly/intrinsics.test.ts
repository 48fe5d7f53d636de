import { expect, test } from 'vitest';
import type { CloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import { Resolver } from '../../../local/assembly/intrinsics.ts';
import type { Stack, Template } from '../../../local/assembly/stack.ts';

const FUNCTION = { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'named' } };

function stackOf(name: string, template: Template): Stack {
  return { name, account: '111122223333', region: 'eu-west-1', template, paths: new Map(), assets: new Map() };
}

function resolverOf(template: Template, ...others: readonly Stack[]) {
  const stack = stackOf('Main', {
    ...template,
    Resources: { Here: { Type: 'AWS::IAM::Role' }, ...template.Resources },
  });
  const assembly: CloudAssembly = { dir: '/', stacks: [stack, ...others], errors: [] };
  const resolver = new Resolver(assembly);
  return (value: unknown) => resolver.resolve(value, { stack, logicalId: 'Here' });
}

test('pseudo parameters are those of the stack', () => {
  const resolve = resolverOf({});
  expect(resolve(['AWS::AccountId', 'AWS::Region', 'AWS::Partition'].map((Ref) => ({ Ref })))).toEqual([
    '111122223333',
    'eu-west-1',
    'aws',
  ]);
});

test('a parameter has its default', () => {
  expect(resolverOf({ Parameters: { Size: { Default: 3 } } })({ Ref: 'Size' })).toBe(3);
});

test('a parameter without a default names the resource that needs it', () => {
  const resolve = resolverOf({ Parameters: { Secret: {} } });
  expect(() => resolve({ Ref: 'Secret' })).toThrow('Here in Main refers to parameter Secret, which has no default');
});

test('a reference to a resource gives its chosen name, or one of the stack and the logical id', () => {
  const resolve = resolverOf({ Resources: { Named: FUNCTION, Plain: { Type: 'AWS::Lambda::Function' } } });
  expect(resolve([{ Ref: 'Named' }, { Ref: 'Plain' }])).toEqual(['named', 'Main-Plain']);
});

test('an attribute may be written as a list or with a dot', () => {
  const resolve = resolverOf({ Resources: { Named: FUNCTION } });
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:named';
  expect(resolve([{ 'Fn::GetAtt': ['Named', 'Arn'] }, { 'Fn::GetAtt': 'Named.Arn' }])).toEqual([arn, arn]);
});

test('Join, Split and Select work on resolved values', () => {
  const resolve = resolverOf({ Resources: { Named: FUNCTION } });
  expect(resolve({ 'Fn::Join': ['/', ['a', { Ref: 'Named' }]] })).toBe('a/named');
  const parts = { 'Fn::Split': [':', { 'Fn::GetAtt': ['Named', 'Arn'] }] };
  expect(resolve({ 'Fn::Select': [6, parts] })).toBe('named');
});

test('Sub replaces references, attributes and its own variables, and leaves the escaped alone', () => {
  const resolve = resolverOf({ Resources: { Named: FUNCTION } });
  const text = ['$', '{Named}|$', '{Named.Arn}|$', '{Own}|$', '{!Kept}'].join('');
  expect(resolve({ 'Fn::Sub': [text, { Own: { Ref: 'AWS::Region' } }] })).toBe(
    ['named|arn:aws:lambda:eu-west-1:111122223333:function:named|eu-west-1|$', '{Kept}'].join(''),
  );
});

test('conditions choose, nest and take values away', () => {
  const resolve = resolverOf({
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
      Elsewhere: { 'Fn::Not': [{ Condition: 'Here' }] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'Elsewhere' }] },
      Either: { 'Fn::Or': [{ Condition: 'Here' }, { Condition: 'Elsewhere' }] },
    },
  });
  const choice = (name: string) => ({ 'Fn::If': [name, 'yes', 'no'] });
  expect(resolve(['Here', 'Elsewhere', 'Both', 'Either'].map(choice))).toEqual(['yes', 'no', 'no', 'yes']);
  expect(resolve({ kept: 1, gone: { 'Fn::If': ['Elsewhere', 1, { Ref: 'AWS::NoValue' }] } })).toEqual({ kept: 1 });
});

test('an import is resolved in the stack that exports it', () => {
  const exporter = stackOf('Base', {
    Resources: { Table: { Type: 'AWS::DynamoDB::Table' } },
    Outputs: { Out: { Value: { Ref: 'Table' }, Export: { Name: { 'Fn::Sub': 'Base:Table' } } } },
  });
  expect(resolverOf({}, exporter)({ 'Fn::ImportValue': 'Base:Table' })).toBe('Base-Table');
});

test('an import that no stack exports names the resource', () => {
  expect(() => resolverOf({})({ 'Fn::ImportValue': 'nowhere' })).toThrow(
    'Here in Main refers to export nowhere, which no stack of the app has',
  );
});

test('zones are those of the region, and a mapping gives its entry', () => {
  const resolve = resolverOf({ Mappings: { Map: { a: { b: 'found' } } } });
  expect(resolve({ 'Fn::GetAZs': '' })).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
  expect(resolve({ 'Fn::FindInMap': ['Map', 'a', 'b'] })).toBe('found');
});

test('an intrinsic that is not known names the resource and itself', () => {
  expect(() => resolverOf({})({ 'Fn::Transform': {} })).toThrow(
    'Here in Main uses Fn::Transform, which is not known here',
  );
});

test('conditions that refer to each other end in an error', () => {
  const resolve = resolverOf({ Conditions: { A: { Condition: 'B' }, B: { Condition: 'A' } } });
  expect(() => resolve({ 'Fn::If': ['A', 1, 2] })).toThrow('which refers to itself');
});

test('an output of another stack is found by its name, exported or not', () => {
  const producer = stackOf('Foundation', {
    Resources: { Named: FUNCTION },
    Outputs: { CacheName: { Value: { Ref: 'Named' } } },
  });
  const resolve = resolverOf({}, producer);
  expect(resolve({ 'Fn::GetStackOutput': { StackName: 'Foundation', OutputName: 'CacheName' } })).toBe('named');
});

test.each([
  [{ StackName: 'Foundation', OutputName: 'Lost' }, 'output Lost of Foundation'],
  [{ StackName: 'Elsewhere', OutputName: 'CacheName' }, 'output CacheName of Elsewhere'],
])('an output that no stack has names the resource that needs it', (reference, what) => {
  const resolve = resolverOf({}, stackOf('Foundation', { Outputs: { CacheName: { Value: 'c' } } }));
  expect(() => resolve({ 'Fn::GetStackOutput': reference })).toThrow(
    `Here in Main refers to ${what}, which no stack of the app has`,
  );
});
