import { decodeJson, object, string } from '../decode.ts';

/** What the operator function knows of its gateway. */
export interface OperatorConfig {
  readonly gateway: string;
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeOperatorConfig(json: string): OperatorConfig {
  return decodeJson(operatorConfig, json, 'operator');
}

const operatorConfig = object({ gateway: string });

const SUFFIX = '-operator';
/** Characters that Lambda allows in a function's name. */
const FUNCTION_NAME_LENGTH = 64;

/** Longest name of a gateway, in characters: the name of its operator function holds it. */
export const GATEWAY_NAME_LENGTH = FUNCTION_NAME_LENGTH - SUFFIX.length;

/** The physical name of a gateway's operator function: who knows the gateway's name can invoke it. */
export function operatorFunctionName(gateway: string): string {
  return `${gateway}${SUFFIX}`;
}
