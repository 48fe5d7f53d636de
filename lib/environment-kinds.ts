import type { Environment } from './environments.ts';
import { JWT } from './gateway/auth/jwt-issuer.ts';
import {
  checkProps,
  isObject,
  type Kind,
  optional,
  type PropKinds,
  required,
  text,
  texts,
} from './gateway/props/check-props.ts';
import { about } from './invalid-prop.ts';

const NAME: Kind = {
  is: (value) => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9-]{0,30}$/.test(value),
  rule: 'at most 31 letters, digits and hyphens',
  fix: "write one like 'staging': it is part of the stacks' names",
};
const ACCOUNT: Kind = {
  is: (value) => typeof value === 'string' && /^\d{12}$/.test(value),
  rule: 'the 12 digits of an AWS account, as a string',
  fix: "write account: '123456789012', or leave env out",
};
const REGION: Kind = {
  is: (value) => typeof value === 'string' && /^[a-z]{2,}(-[a-z]+)+-\d$/.test(value),
  rule: 'an AWS region',
  fix: "write region: 'eu-central-1', or leave env out",
};
const OBJECT: Kind = { is: isObject, rule: 'an object', fix: "write { egress: 'none' }" };
const ENV: Kind = {
  is: isObject,
  rule: 'an account and a region',
  fix: "write { account: '123456789012', region: 'eu-central-1' }",
};

const KINDS = {
  name: required(NAME),
  env: optional(ENV),
  jwt: required(JWT),
  corsOrigins: required(texts('https://app.example.com')),
  foundation: required(OBJECT),
  namespace: required(text('Tollgate/test')),
} satisfies PropKinds<Environment>;

const ENV_KINDS = { account: required(ACCOUNT), region: required(REGION) } satisfies PropKinds<
  NonNullable<Environment['env']>
>;

/** @throws InvalidPropError for what stacks could not be made of; the stacks check their own props */
export function checkEnvironment(environment: Environment): void {
  about(`environment ${environment.name}`, () => {
    checkProps(environment, KINDS);
    const { env } = environment;
    if (env !== undefined) about('env', () => checkProps(env, ENV_KINDS));
  });
}
