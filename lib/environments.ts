import type { FoundationStackProps } from './foundation-stack.ts';
import type { GatewayProps } from './gateway/gateway-props.ts';
import { InvalidPropError } from './invalid-prop.ts';

/** What differs between the places that Tollgate is deployed to. */
export interface Environment {
  /** Part of the stacks' names. */
  readonly name: string;
  /** Whose tokens are accepted. */
  readonly jwt: GatewayProps['jwt'];
  /** Origins whose pages may call the gateway. */
  readonly corsOrigins: readonly string[];
  /** The way out of the VPC, DNS zones inside it, and the cache. */
  readonly foundation: Pick<
    FoundationStackProps,
    'egress' | 'privateZones' | 'cacheKind' | 'cacheEngine' | 'cacheAuth'
  >;
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
      // Its alice is `partner|alice`, nobody of ours.
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
