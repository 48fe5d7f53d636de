import { Duration } from 'aws-cdk-lib';

/**
 * What the gateway may take on top of a service's timeout: a cold start and the deadlines of its stores. Past it API
 * Gateway answers for the function. A service's 29 s and this make the 30 s at which an integration ends.
 */
export const OVERHEAD_ALLOWANCE = Duration.seconds(1);
