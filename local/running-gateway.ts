import type { IssuerConfig } from '../lambdas/contract/auth/authorizer-config.ts';
import type { ServicePolicy } from '../lambdas/contract/policy.ts';
import type { GatewayModel } from './assembly/model.ts';
import type { TokenOptions } from './demo/mint.ts';
import type { AlarmStateValue } from './metrics/alarm-model.ts';
import type { MetricStore } from './metrics/metric-store.ts';

export interface ServiceEntry {
  readonly functionName: string;
  readonly policy: ServicePolicy;
  /** Address on this machine to which its requests go. */
  readonly upstream: string;
  /** True: a demo upstream, which fails on request. */
  readonly demo: boolean;
}

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  readonly redis: { readonly url: string | null; readonly description: string };
  readonly dynamoUrl: string;
  /**
   * Port of Lambda's Invoke, the gateway's name and the secret that signs; undefined: there is no operator function.
   */
  operator(): { readonly port: number; readonly gateway: string; readonly secret: string } | undefined;
  /** Address of the page with the custom widgets; undefined: no dashboard has any. */
  dashboardUrl(): string | undefined;
  readonly metrics: MetricStore;
  readonly alarms: {
    states(): Readonly<Record<string, AlarmStateValue>>;
    /** Evaluates all alarms now; resolves when the triggered actions have ended. */
    evaluate(): Promise<void>;
  };
  model(): GatewayModel;
  services(): readonly ServiceEntry[];
  /** In the order in which they are named. */
  issuers(): readonly IssuerConfig[];
  /** A token of the first issuer; by default valid for an hour, with the issuer's first audience. */
  token(options?: Partial<TokenOptions>): Promise<string>;
  /** Replaces the served assembly; after an error the old one stays. Returns the labels of the changed functions. */
  reload(assemblyDir: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
