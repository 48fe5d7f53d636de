import { authorizerConfig, type IssuerConfig } from '../../lambdas/contract/auth/authorizer-config.ts';
import { decodeDocument } from '../../lambdas/contract/documents.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { type ServicePolicy, servicePolicy } from '../../lambdas/contract/policy.ts';
import type { FunctionDocuments, FunctionModel } from '../assembly/model.ts';

/** Addresses on this machine that replace the deployed ones. */
export interface StandIns {
  /** Address of a service's upstream. */
  readonly upstreamOf: (service: string) => string;
  readonly jwksUriOf: (issuer: string) => string;
  /** Null: limits are counted in each function's own memory. */
  readonly redisUrl: string | null;
}

type Variables = Readonly<Record<string, string>>;

/** A function's documents with every address of the deployed gateway replaced by this machine's. */
export function rewireDocuments(documents: FunctionDocuments, standIns: StandIns): FunctionDocuments {
  const { service, authorizer } = documents;
  return {
    ...documents,
    ...(service !== undefined && { service: rewireService(service, standIns) }),
    ...(authorizer !== undefined && { authorizer: rewireAuthorizer(authorizer, standIns) }),
  };
}

function rewireService(json: string, { upstreamOf }: StandIns): string {
  const { service } = decodeDocument('service', servicePolicy, json);
  return JSON.stringify({ ...JSON.parse(json), upstream: upstreamOf(service) });
}

function rewireAuthorizer(json: string, { jwksUriOf }: StandIns): string {
  const document = JSON.parse(json) as { readonly issuers: readonly { readonly issuer: string }[] };
  const issuers = document.issuers.map((issuer) => ({ ...issuer, jwksUri: jwksUriOf(issuer.issuer) }));
  return JSON.stringify({ ...document, issuers });
}

/** A function's variables with the address of the deployed Redis replaced by this machine's. */
export function rewireVariables(variables: Variables, { redisUrl }: StandIns): Variables {
  if (!(Env.redisUrl in variables)) return variables;
  const { [Env.redisUrl]: _, [Env.redisCluster]: __, [Env.redisLogin]: ___, ...others } = variables;
  return redisUrl === null ? others : { ...others, [Env.redisUrl]: redisUrl };
}

/** Services and issuers that the functions know, read from their documents. */
export interface Documents {
  readonly services: readonly { readonly functionName: string; readonly policy: ServicePolicy }[];
  /** Each issuer once, in the order in which they are named. */
  readonly issuers: readonly IssuerConfig[];
}

export function readDocuments(functions: Iterable<Pick<FunctionModel, 'name' | 'documents'>>): Documents {
  const services: Documents['services'][number][] = [];
  const issuers = new Map<string, IssuerConfig>();
  for (const {
    name,
    documents: { service, authorizer },
  } of functions) {
    if (service !== undefined)
      services.push({ functionName: name, policy: decodeDocument('service', servicePolicy, service) });
    for (const issuer of authorizer === undefined
      ? []
      : decodeDocument('authorizer', authorizerConfig, authorizer).issuers) {
      issuers.set(issuer.issuer, issuer);
    }
  }
  return { services, issuers: [...issuers.values()] };
}
