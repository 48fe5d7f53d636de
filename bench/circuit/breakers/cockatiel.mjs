import { CircuitState, circuitBreaker, handleAll } from 'cockatiel';

export function cockatiel(breaker, work, { openForMs }) {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: openForMs, breaker });
  return { call: () => policy.execute(work), isClosed: () => policy.state === CircuitState.Closed };
}
