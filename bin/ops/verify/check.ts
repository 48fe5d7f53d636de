import type { Ask } from '../operator-client.ts';
import type { Aws } from './aws/aws.ts';
import type { Credentials } from './credentials.ts';
import type { Outcome } from './outcome.ts';
import type { Probe } from './probe.ts';
import type { VerifyCommand } from './verify-command.ts';

/** Something that the design takes for granted and that only a deployed gateway can prove. */
export interface Check {
  readonly name: string;
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
  /** @throws where the command was interrupted meanwhile */
  readonly pause: (ms: number) => Promise<void>;
}

export const LOCAL_ONLY = 'the local run does not imitate CloudWatch: verify a deployed gateway';
