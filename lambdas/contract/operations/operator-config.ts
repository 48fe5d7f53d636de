import { type Decoded, object, string } from '../decode.ts';

/** Configuration of the operator function. */
export const operatorConfig = object({ gateway: string });
export type OperatorConfig = Decoded<typeof operatorConfig>;

const SUFFIX = '-operator';
/** Characters that Lambda allows in a function's name. */
const FUNCTION_NAME_LENGTH = 64;

/** Longest name of a gateway, in characters: the name of its operator function holds it. */
export const GATEWAY_NAME_LENGTH = FUNCTION_NAME_LENGTH - SUFFIX.length;

/** The physical name of a gateway's operator function. It follows from the gateway's name. */
export function operatorFunctionName(gateway: string): string {
  return `${gateway}${SUFFIX}`;
}
