import { Duration } from 'aws-cdk-lib';

/**
 * What the gateway may take on top of a service's timeout: a cold start and the deadlines of its stores. Past it API
 * Gateway answers for the function.
 */
export const OVERHEAD_ALLOWANCE = Duration.seconds(1);

/** That a service may have: with the allowance, the 30 s at which API Gateway ends an integration. */
export const LONGEST_TIMEOUT = Duration.seconds(29);
