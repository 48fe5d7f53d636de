import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { checkEnvironment } from './environment-kinds.ts';
import { type Environment, environmentOf } from './environments.ts';
import { FoundationStack } from './foundation-stack.ts';
import { GatewayStack } from './gateway-stack.ts';

/** Context key that chooses the environment: `cdk synth -c env=prod`. */
const ENVIRONMENT_CONTEXT = 'env';

/** The app with the stacks of the environment that its context names. */
export function createApp(props: AppProps = {}): App {
  const app = checkedApp(props);
  addStacks(app, environmentOf(String(app.node.tryGetContext(ENVIRONMENT_CONTEXT) ?? 'dev')));
  return app;
}

/** An app whose stacks are checked against the rules of AwsSolutions when they are synthesized. */
export function checkedApp(props: AppProps = {}): App {
  // If the app throws half-way, it must not be synthesized when the process ends.
  const app = new App({ autoSynth: false, ...props });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  return app;
}

/** The stacks of one environment. */
export function addStacks(app: App, environment: Environment): void {
  checkEnvironment(environment);
  const { name, env, foundation: props } = environment;
  const inEnv = env && { env };
  const foundation = new FoundationStack(app, `Tollgate-${name}-Foundation`, { ...props, ...inEnv });
  new GatewayStack(app, `Tollgate-${name}-Gateway`, { ...inEnv, foundation, environment });
}
