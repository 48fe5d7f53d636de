import { makeVerifier as make } from './fast-jwt.mjs';

export function makeVerifier(setup) {
  return make(setup, true);
}
