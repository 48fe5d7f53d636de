import type { IssuerConfig } from '../lambdas/contract/auth/authorizer-config.ts';
import type { ServicePolicy } from '../lambdas/contract/policy.ts';
import type { GatewayModel } from './assembly/model.ts';
import type { TokenOptions } from './demo/mint.ts';
import type { AlarmStateValue } from './metrics/alarm-model.ts';
import type { MetricStore } from './metrics/metric-store.ts';

export interface ServiceEntry {
  readonly functionName: string;
  readonly policy: ServicePolicy;
  /** Where its requests go on this machine. */
  readonly upstream: string;
  /** True: a demo upstream, which can be told to fail. */
  readonly demo: boolean;
}

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  readonly redis: { readonly url: string | null; readonly description: string };
  readonly dynamoUrl: string;
  /** Where operators find Lambda's Invoke, which gateway they name, what they sign with; none: there is no such function. */
  operator(): { readonly port: number; readonly gateway: string; readonly secret: string } | undefined;
  /** Address of the page that shows the custom widgets; none: no dashboard has any. */
  dashboardUrl(): string | undefined;
  readonly metrics: MetricStore;
  readonly alarms: {
    states(): Readonly<Record<string, AlarmStateValue>>;
    /** Evaluates them now; resolves when the actions that this set off have ended. */
    evaluate(): Promise<void>;
  };
  model(): GatewayModel;
  services(): readonly ServiceEntry[];
  /** In the order in which they are named. */
  issuers(): readonly IssuerConfig[];
  /** A token of the first issuer, an hour long and with its first audience unless told otherwise. */
  token(options?: Partial<TokenOptions>): Promise<string>;
  /** Serves another assembly in place of this one; on an error the old one stays. Gives the labels of the functions that changed. */
  reload(assemblyDir: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
