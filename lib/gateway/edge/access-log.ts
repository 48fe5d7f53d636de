import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';

/**
 * One line a request, also for those that no function saw. It has nothing that a client chooses freely: API Gateway cannot
 * mask a token in a path or a user agent. The proxy function's line has both, masked, under the same request id.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    requestTime: '$context.requestTime',
    method: '$context.httpMethod',
    protocol: '$context.protocol',
    routeKey: '$context.routeKey',
    status: '$context.status',
    responseLatency: '$context.responseLatency',
    responseLength: '$context.responseLength',
    integrationLatency: '$context.integrationLatency',
    integrationStatus: '$context.integration.status',
    integrationRequestId: '$context.integration.requestId',
    integrationError: '$context.integrationErrorMessage',
    userId: '$context.authorizer.sub',
    client: '$context.authorizer.client',
    verdict: '$context.authorizer.verdict',
    authorizerError: '$context.authorizer.error',
    sourceIp: '$context.identity.sourceIp',
    errorType: '$context.error.responseType',
    errorMessage: '$context.error.message',
  }),
);
