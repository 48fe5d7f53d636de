import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';

/**
 * One line a request, of those also that no function saw. The path is without its query, which may hold secrets.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    requestTime: '$context.requestTime',
    method: '$context.httpMethod',
    path: '$context.path',
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
    userAgent: '$context.identity.userAgent',
    errorType: '$context.error.responseType',
    errorMessage: '$context.error.message',
  }),
);
