import { InvalidPropError } from '../../invalid-prop.ts';

/** The route that answers past auth and limits. */
export const HEALTH_PATH = '/health';

const SEGMENT = /^[A-Za-z0-9._~-]+$/;

/** @throws InvalidPropError unless `prefix` is a path like `/api/users` */
export function checkPrefix(prefix: string): void {
  const got = `got ${JSON.stringify(prefix)}`;
  if (prefix === '' || prefix === '/') {
    throw new InvalidPropError(`prefix must name a path, ${got}: write one like '/api/users'`);
  }
  if (!prefix.startsWith('/')) {
    throw new InvalidPropError(`prefix must start with a slash, ${got}: write '/${prefix}'`);
  }
  if (prefix.endsWith('/')) {
    throw new InvalidPropError(
      `prefix must end without a slash, ${got}: write '${prefix.replace(/\/+$/, '')}', which covers what lies below it`,
    );
  }
  if (/[{}]/.test(prefix)) {
    throw new InvalidPropError(`prefix must be fixed text, ${got}: path parameters belong in addRoute('GET /{id}')`);
  }
  for (const segment of prefix.slice(1).split('/')) {
    if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
      throw new InvalidPropError(
        `prefix must be segments of letters, digits and . _ ~ - between single slashes, ${got}: ${JSON.stringify(segment)} is none`,
      );
    }
  }
}

/** Whether one path is the other or lies below it. */
export function overlap(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
