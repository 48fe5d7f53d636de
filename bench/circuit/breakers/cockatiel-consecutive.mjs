import { ConsecutiveBreaker } from 'cockatiel';
import { OPENS_AT } from '../opens-at.ts';
import { cockatiel } from './cockatiel.mjs';

/** The cheapest that it has: it counts nothing but failures in a row. */
export function makeBreaker(work, settings) {
  return cockatiel(new ConsecutiveBreaker(OPENS_AT.minRequests), work, settings);
}
