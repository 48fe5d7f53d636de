import type { HttpRouteIntegrationBindOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/**
 * An integration of a function for routes in several stacks.
 *
 * The CDK would write a permission for the API into each of these stacks. The 20 KB of the function's policy would end
 * at some fifty of them; one permission serves all.
 */
export class SharedIntegration extends HttpLambdaIntegration {
  #permitted = false;

  constructor(id: string, fn: IFunction) {
    super(id, fn, { scopePermissionToRoute: false });
  }

  protected override completeBind(options: HttpRouteIntegrationBindOptions): void {
    if (this.#permitted) return;
    this.#permitted = true;
    super.completeBind(options);
  }
}
