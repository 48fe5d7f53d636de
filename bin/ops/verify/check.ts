import type { Ask } from '../operator-client.ts';
import type { Aws } from './aws/aws.ts';
import type { Credentials } from './credentials.ts';
import { notTried, type Outcome } from './finding.ts';
import type { Probe } from './probe.ts';
import type { VerifyCommand } from './verify-command.ts';

/** An assumption of the design that only a deployed gateway can prove. */
export interface Check {
  readonly name: string;
  /** @throws OpsError: the check cannot be tried */
  run(context: VerifyContext): Promise<Outcome>;
}

export interface VerifyContext {
  readonly command: VerifyCommand;
  readonly probe: Probe;
  /** How many requests to the service its function has answered. */
  readonly reached: () => number;
  readonly credentials: Credentials;
  readonly ask: Ask;
  /** Undefined for the gateway of `npm start`, which imitates neither CloudWatch nor its logs. */
  readonly aws: Aws | undefined;
  /** When the command began, in epoch milliseconds. */
  readonly startedAtMs: number;
  readonly clock: () => number;
  /** @throws if the command is interrupted meanwhile */
  readonly pause: (ms: number) => Promise<void>;
}

export type AwsContext = VerifyContext & { readonly aws: Aws };

/** A check that asks AWS; the local run cannot answer it. */
export function awsCheck(name: string, run: (context: AwsContext) => Promise<Outcome>): Check {
  return {
    name,
    run: async (context) => {
      const { aws } = context;
      if (aws !== undefined) return run({ ...context, aws });
      return notTried('the local run does not imitate CloudWatch: verify a deployed gateway');
    },
  };
}
