/**
 * Takes the place of `@aws-sdk/credential-provider-node` in a bundle (see the bundling options). Lambda gives a function
 * its credentials in the environment, so the SDK's other ways to find some (SSO, profiles, processes, metadata services)
 * are never taken, and they are a quarter of what a cold start would load.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
