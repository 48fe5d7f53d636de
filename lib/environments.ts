import type { StackProps } from 'aws-cdk-lib';
import type { FoundationStackProps } from './foundation/foundation-props.ts';
import type { GatewayProps } from './gateway/gateway-props.ts';
import { InvalidPropError } from './invalid-prop.ts';

/** Settings that differ between environments. */
export interface Environment {
  /** Part of the stacks' names. */
  readonly name: string;
  /**
   * Account and region of its stacks: `{ account: '123456789012', region: 'eu-central-1' }`. `Vpc.fromLookup` needs them.
   *
   * @default - those of the credentials that deploy
   */
  readonly env?: { readonly account: string; readonly region: string };
  /** Whose tokens are accepted. */
  readonly jwt: GatewayProps['jwt'];
  /** Origins whose pages may call the gateway. */
  readonly corsOrigins: readonly string[];
  /** The VPC, the way out of it, and the cache: all props of a foundation, see docs/props.md. */
  readonly foundation: Omit<FoundationStackProps, keyof StackProps>;
  /** CloudWatch namespace of the gateway's metrics: two environments in one account must not mix. */
  readonly namespace: string;
}

const ENVIRONMENTS: readonly Environment[] = [
  {
    name: 'dev',
    jwt: [
      {
        issuer: 'https://auth.example.com',
        audience: 'api',
        algorithms: ['RS256', 'ES256'],
        subjectPrefix: null,
      },
      // Its alice is `partner|alice`, not the alice of the first issuer.
      {
        issuer: 'https://partner.example.com',
        audience: 'api',
        algorithms: ['EdDSA'],
        subjectPrefix: 'partner',
        claims: { roles: ['realm_access', 'roles'], tenant: 'https://partner.example.com/tenant' },
      },
    ],
    corsOrigins: ['http://localhost:5173'],
    foundation: { egress: 'none' },
    namespace: 'Tollgate/dev',
  },
  {
    name: 'prod',
    jwt: { issuer: 'https://auth.example.com', audience: 'api' },
    corsOrigins: ['https://app.example.com'],
    foundation: { egress: 'none' },
    namespace: 'Tollgate',
  },
];

/** The environment that `cdk -c env=NAME` asks for. */
export function environmentOf(name: string): Environment {
  const environment = ENVIRONMENTS.find((candidate) => candidate.name === name);
  if (environment === undefined) {
    const known = ENVIRONMENTS.map((candidate) => candidate.name).join(', ');
    throw new InvalidPropError(
      `env must be one of ${known}, got ${JSON.stringify(name)}: add it to lib/environments.ts or choose with -c env=NAME`,
    );
  }
  return environment;
}
