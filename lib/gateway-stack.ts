import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './environments.ts';
import type { Foundation } from './foundation/foundation.ts';
import { Auth } from './gateway/auth/auth.ts';
import { Gateway } from './gateway/gateway.ts';
import { RateLimit } from './gateway/limits/rate-limit.ts';

export interface GatewayStackProps extends StackProps {
  readonly foundation: Foundation;
  readonly environment: Environment;
}

/** Services and their routes. This is the file to edit. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, props: GatewayStackProps) {
    super(scope, id, { description: 'Tollgate gateway: HTTP API, functions, alarms and dashboard', ...props });

    const gateway = new Gateway(this, 'Gateway', {
      foundation: props.foundation,
      jwt: props.environment.jwt,
      corsOrigins: props.environment.corsOrigins,
      namespace: props.environment.namespace,
    });

    gateway.addService('users', {
      prefix: '/api/users',
      upstream: 'http://user-service:3001',
      timeout: Duration.seconds(5),
    });

    gateway.addService('orders', {
      prefix: '/api/orders',
      upstream: 'http://order-service:3002',
      timeout: Duration.seconds(10),
      auth: Auth.any(Auth.jwt(), Auth.apiKey()),
    });

    gateway.addService('products', {
      prefix: '/api/products',
      upstream: 'http://product-service:3003',
      timeout: Duration.seconds(5),
      auth: Auth.none(),
    });

    const payments = gateway.addService('payments', {
      prefix: '/api/payments',
      upstream: 'http://payment-service:3004',
      timeout: Duration.seconds(15),
      rateLimit: RateLimit.perClient(20, Duration.minutes(1)),
    });
    payments.addRoute('POST /refunds', {
      auth: Auth.jwt({ scopes: ['payments:refund'] }),
      rateLimit: RateLimit.perClient(5, Duration.minutes(1)),
    });
  }
}
