import { CfnIntegration, type HttpRouteIntegrationBindOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, type HttpLambdaIntegrationProps } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CHALLENGE_HEADER } from '../../../lambdas/contract/auth/challenge-header.ts';

const ID = 'Integration';

/** RFC 9110 §11.6.1 and RFC 6750 §3.1: the answers that carry a challenge. */
const CHALLENGING = ['401', '403'];

const WRITE_CHALLENGE = {
  ResponseParameters: [
    { Destination: 'overwrite:header.WWW-Authenticate', Source: `$response.header.${CHALLENGE_HEADER}` },
  ],
};

/** The integration of a proxy function. It writes `WWW-Authenticate` after API Gateway may have renamed it. */
export class ProxyIntegration extends HttpLambdaIntegration {
  constructor(fn: IFunction, props: HttpLambdaIntegrationProps) {
    super(ID, fn, props);
  }

  /** CDK's construct maps parameters of requests only. It is a child of the first route that is bound. */
  protected override completeBind(options: HttpRouteIntegrationBindOptions): void {
    super.completeBind(options);
    const integration = options.scope.node.tryFindChild(ID)?.node.defaultChild;
    if (integration instanceof CfnIntegration) {
      integration.responseParameters = Object.fromEntries(CHALLENGING.map((status) => [status, WRITE_CHALLENGE]));
    }
  }
}
