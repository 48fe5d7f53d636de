import { Duration } from 'aws-cdk-lib';

/**
 * The most time of the gateway itself, beside a service's timeout: a cold start and the deadlines of its stores. After it API
 * Gateway answers instead of the function.
 */
export const OVERHEAD_ALLOWANCE = Duration.seconds(1);

/** The longest timeout of a service. With the allowance it is 30 s, at which API Gateway ends an integration. */
export const LONGEST_TIMEOUT = Duration.seconds(29);
