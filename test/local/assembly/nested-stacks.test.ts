import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import { readGateway } from '../../../local/assembly/read-gateway.ts';
import { type AssemblyFixture, templateOf, temporaryDir, writeStacks } from '../support/assembly.ts';

interface Template {
  readonly Resources: Readonly<Record<string, object>>;
}

/** A gateway whose route and function are in a stack nested in its own. */
const FIXTURE: AssemblyFixture = {
  functions: { Echo: { code: 'export const handler = 1;', environment: { TABLE: { Ref: 'Table' } } } },
  routes: { 'GET /echo': { function: 'Echo' } },
};

function nestedStack(file: string | undefined, properties: object = {}, rest: object = {}): object {
  return {
    Type: 'AWS::CloudFormation::Stack',
    Properties: { TemplateURL: 'https://s3.us-east-1.amazonaws.com/assets/0a1b2c.json', ...properties },
    ...(file !== undefined && { Metadata: { 'aws:asset:path': file } }),
    ...rest,
  };
}

/** The templates that the gateway is split into: the API is in the outer one, all else of it in the inner one. */
function split(dir: string): { readonly outer: Template['Resources']; readonly inner: Template['Resources'] } {
  const { Api, Stage, ...inner } = (templateOf(FIXTURE, dir) as Template).Resources;
  return { outer: { Api: Api ?? {}, Stage: Stage ?? {} }, inner };
}

function write(dir: string, name: string, template: object): void {
  writeFileSync(join(dir, name), JSON.stringify(template));
}

function read(outer: object, dir: string) {
  return readGateway(readCloudAssembly(writeStacks({ Gateway: outer }, dir)));
}

const PARAMETERS = { Api: { Type: 'String' }, Table: { Type: 'String', Default: 'by-default' } };

test('what is in a nested stack is served, with what the stack around it passes', () => {
  const dir = temporaryDir();
  const { outer, inner } = split(dir);
  write(dir, 'Users.nested.template.json', { Parameters: PARAMETERS, Resources: inner });
  const Users = nestedStack('Users.nested.template.json', { Parameters: { Api: { Ref: 'Api' }, Table: 'passed' } });
  const { api, functions } = read({ Resources: { ...outer, Users } }, dir);
  expect(api.routes).toMatchObject([{ routeKey: 'GET /echo', functionName: 'Gateway-Users-Echo' }]);
  expect(functions.get('Gateway-Users-Echo')?.environment).toEqual({ TABLE: 'passed' });
});

test('a parameter that is not passed has its default', () => {
  const dir = temporaryDir();
  const { outer, inner } = split(dir);
  write(dir, 'Users.nested.template.json', { Parameters: PARAMETERS, Resources: inner });
  const Users = nestedStack('Users.nested.template.json', { Parameters: { Api: { Ref: 'Api' } } });
  const { functions } = read({ Resources: { ...outer, Users } }, dir);
  expect(functions.get('Gateway-Users-Echo')?.environment).toEqual({ TABLE: 'by-default' });
});

test('outputs and parameters are followed from stack to stack, of the same name or not', () => {
  const dir = temporaryDir();
  const { outer, inner } = split(dir);
  write(dir, 'Names.nested.template.json', {
    Parameters: { Table: { Type: 'String' } },
    Resources: {},
    Outputs: { Name: { Value: { 'Fn::Join': ['-', ['the', { Ref: 'Table' }]] } } },
  });
  write(dir, 'Users.nested.template.json', {
    Parameters: PARAMETERS,
    Resources: {
      ...inner,
      Names: nestedStack('Names.nested.template.json', { Parameters: { Table: { Ref: 'Table' } } }),
      Echo: withTable(inner['Echo'], { 'Fn::GetAtt': ['Names', 'Outputs.Name'] }),
    },
  });
  const Users = nestedStack('Users.nested.template.json', { Parameters: { Api: { Ref: 'Api' }, Table: 'table' } });
  const { functions } = read({ Resources: { ...outer, Users } }, dir);
  expect(functions.get('Gateway-Users-Echo')?.environment).toEqual({ TABLE: 'the-table' });
});

test('a nested stack whose condition is false is not there, nor what it holds', () => {
  const dir = temporaryDir();
  const { outer, inner } = split(dir);
  write(dir, 'Users.nested.template.json', { Parameters: PARAMETERS, Resources: inner });
  const Users = nestedStack('Users.nested.template.json', {}, { Condition: 'Never' });
  const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
  expect(read({ Conditions, Resources: { ...outer, Users } }, dir).api.routes).toEqual([]);
});

test.each<[string, object, string]>([
  [
    'its template is not in the assembly',
    nestedStack('Gone.nested.template.json'),
    'Users in Gateway is a nested stack whose template Gone.nested.template.json is missing: the local run reads templates in the assembly only',
  ],
  [
    'nothing says where its template is',
    nestedStack(undefined),
    'Users in Gateway is a nested stack without aws:asset:path: the local run reads templates in the assembly only',
  ],
  ['it nests itself', nestedStack('Self.nested.template.json'), 'is nested more than 8 stacks deep'],
])('a nested stack is refused when %s', (_, Users, message) => {
  const dir = temporaryDir();
  const { outer } = split(dir);
  write(dir, 'Self.nested.template.json', { Resources: { Self: nestedStack('Self.nested.template.json') } });
  expect(() => read({ Resources: { ...outer, Users } }, dir)).toThrow(message);
});

test('an output that the nested stack lacks names the resource that asks for it', () => {
  const dir = temporaryDir();
  const whole = (templateOf(FIXTURE, dir) as Template).Resources;
  write(dir, 'Names.nested.template.json', { Resources: {} });
  const Names = nestedStack('Names.nested.template.json');
  const Echo = withTable(whole['Echo'], { 'Fn::GetAtt': ['Names', 'Outputs.Name'] });
  expect(() => read({ Resources: { ...whole, Names, Echo } }, dir)).toThrow(
    'Echo in Gateway refers to output Name of Names, which no stack of the app has',
  );
});

function withTable(resource: object | undefined, TABLE: unknown): object {
  const { Properties } = resource as { readonly Properties: object };
  return { ...resource, Properties: { ...Properties, Environment: { Variables: { TABLE } } } };
}
