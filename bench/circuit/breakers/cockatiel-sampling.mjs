import { SamplingBreaker } from 'cockatiel';
import { OPENS_AT } from '../opens-at.ts';
import { cockatiel } from './cockatiel.mjs';

export function makeBreaker(work, settings) {
  const { failureShare, minRequests, windowMs } = OPENS_AT;
  const minimumRps = (1000 * minRequests) / windowMs;
  return cockatiel(new SamplingBreaker({ threshold: failureShare, duration: windowMs, minimumRps }), work, settings);
}
