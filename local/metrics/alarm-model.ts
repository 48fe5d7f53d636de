import type { Expression } from './expression.ts';
import type { Statistic } from './statistic.ts';

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', holds: (a: number, b: number) => a >= b },
  GreaterThanThreshold: { words: 'greater than', holds: (a: number, b: number) => a > b },
  LessThanThreshold: { words: 'less than', holds: (a: number, b: number) => a < b },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', holds: (a: number, b: number) => a <= b },
} as const;
export type Comparison = keyof typeof COMPARISONS;

export const MISSING_DATA = ['missing', 'notBreaching', 'breaching', 'ignore'] as const;
export type MissingData = (typeof MISSING_DATA)[number];

export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export type MetricQuery = StatQuery | ExpressionQuery;

export interface StatQuery {
  readonly kind: 'stat';
  readonly id: string;
  readonly label: string | undefined;
  readonly metric: MetricId;
  readonly periodMs: number;
  readonly statistic: Statistic;
  readonly unit: string | undefined;
  readonly returnData: boolean;
}

export interface ExpressionQuery {
  readonly kind: 'expression';
  readonly id: string;
  readonly label: string | undefined;
  readonly expression: Expression;
  readonly returnData: boolean;
}

export interface AlarmModel {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly description: string | undefined;
  readonly queries: readonly MetricQuery[];
  readonly periodMs: number;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
  /** ARNs of the actions by the new state; empty if actions are disabled. */
  readonly actions: Readonly<Record<AlarmStateValue, readonly string[]>>;
}

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
