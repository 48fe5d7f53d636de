import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { environmentOf } from './environments.ts';
import { FoundationStack } from './foundation-stack.ts';
import { GatewayStack } from './gateway-stack.ts';

/** Context key that chooses the environment: `cdk synth -c env=prod`. */
const ENVIRONMENT_CONTEXT = 'env';

/** The stacks of one environment, checked against the rules of AwsSolutions when they are synthesized. */
export function createApp(props: AppProps = {}): App {
  // An app that threw half-way must not be synthesized when the process ends.
  const app = new App({ autoSynth: false, ...props });
  const environment = environmentOf(String(app.node.tryGetContext(ENVIRONMENT_CONTEXT) ?? 'dev'));
  const foundation = new FoundationStack(app, `Tollgate-${environment.name}-Foundation`, {
    egress: environment.egress,
  });
  new GatewayStack(app, `Tollgate-${environment.name}-Gateway`, { foundation, environment });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  return app;
}
