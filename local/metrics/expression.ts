import jsep from 'jsep';
import { average, choose, combine, fill, reduce, sum, type Value } from './series.ts';

/** A metric math expression that has been checked. */
export interface Expression {
  readonly source: string;
  /** Ids of the metrics and expressions that it reads. */
  readonly names: readonly string[];
  /** `periods`: the starts of all periods under evaluation, oldest first. */
  readonly evaluate: (scope: ReadonlyMap<string, Value>, periods: readonly number[]) => Value;
}

type Node = jsep.Expression;
interface Scope {
  readonly values: ReadonlyMap<string, Value>;
  readonly periods: readonly number[];
}

// CloudWatch writes `^` for powers, `AND`/`&&` and `OR`/`||` for logic; JavaScript's `^` is another operator.
jsep.addBinaryOp('^', 15, true);
jsep.addBinaryOp('AND', 2);
jsep.addBinaryOp('OR', 1);

const truth = (holds: boolean): number => (holds ? 1 : 0);

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  AND: (a, b) => truth(a !== 0 && b !== 0),
  '&&': (a, b) => truth(a !== 0 && b !== 0),
  OR: (a, b) => truth(a !== 0 || b !== 0),
  '||': (a, b) => truth(a !== 0 || b !== 0),
};

const FUNCTIONS: Readonly<Record<string, (args: readonly Value[], scope: Scope) => Value>> = {
  ABS: ([value]) => combine(Math.abs, value),
  CEIL: ([value]) => combine(Math.ceil, value),
  FLOOR: ([value]) => combine(Math.floor, value),
  AVG: ([value]) => average(value),
  MAX: ([value]) => reduce(value, (numbers) => Math.max(...numbers)),
  MIN: ([value]) => reduce(value, (numbers) => Math.min(...numbers)),
  SUM: ([value]) => reduce(value, sum),
  IF: ([condition, yes, no]) => choose(condition, yes, no),
  FILL: ([value, filler], { periods }) => fill(value, filler === KEYWORDS['REPEAT'] ? 'last' : filler, periods),
};

/** Words that are arguments of a function, not ids. */
const KEYWORDS: Readonly<Record<string, number>> = { REPEAT: Number.POSITIVE_INFINITY };

/** @throws Error saying what is not known: a function, an operator, a syntax */
export function parseExpression(source: string): Expression {
  const tree = jsep(source);
  const names = new Set<string>();
  check(tree, names);
  return {
    source,
    names: [...names],
    evaluate: (values, periods) => evaluate(tree, { values, periods }),
  };
}

function check(node: Node, names: Set<string>): void {
  switch (node.type) {
    case 'Literal':
      if (typeof node['value'] !== 'number') throw new Error(`${String(node['raw'])} is not known`);
      return;
    case 'Identifier':
      if (!Object.hasOwn(KEYWORDS, nameOf(node))) names.add(nameOf(node));
      return;
    case 'UnaryExpression':
      if (node['operator'] !== '-') throw new Error(`operator ${String(node['operator'])} is not known`);
      check(node['argument'] as Node, names);
      return;
    case 'BinaryExpression':
      if (!Object.hasOwn(OPERATORS, String(node['operator']))) {
        throw new Error(`operator ${String(node['operator'])} is not known`);
      }
      for (const side of ['left', 'right']) check(node[side] as Node, names);
      return;
    case 'ArrayExpression':
      for (const element of node['elements'] as Node[]) check(element, names);
      return;
    case 'CallExpression':
      if (!Object.hasOwn(FUNCTIONS, nameOf(node['callee'] as Node))) {
        throw new Error(`function ${nameOf(node['callee'] as Node)} is not known`);
      }
      for (const argument of node['arguments'] as Node[]) check(argument, names);
      return;
    default:
      throw new Error(`${node.type} is not known`);
  }
}

function nameOf(node: Node): string {
  return node.type === 'Identifier' ? String(node['name']) : node.type;
}

function evaluate(node: Node, scope: Scope): Value {
  const operand = (key: string) => evaluate(node[key] as Node, scope);
  const operands = (key: string) => (node[key] as Node[]).map((item) => evaluate(item, scope));
  switch (node.type) {
    case 'Literal':
      return node['value'] as number;
    case 'Identifier':
      return KEYWORDS[nameOf(node)] ?? scope.values.get(nameOf(node)) ?? new Map();
    case 'UnaryExpression':
      return combine((a) => -a, operand('argument'));
    case 'BinaryExpression':
      return combine(OPERATORS[String(node['operator'])] ?? (() => Number.NaN), operand('left'), operand('right'));
    case 'ArrayExpression':
      return operands('elements');
    default:
      return FUNCTIONS[nameOf(node['callee'] as Node)]?.(operands('arguments'), scope) ?? Number.NaN;
  }
}
