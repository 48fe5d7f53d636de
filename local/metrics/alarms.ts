import type { AlarmModel, AlarmStateValue } from './alarm-model.ts';
import { type AlarmState, alarmEvent, reasonData } from './alarm-notification.ts';
import { evaluateAlarm } from './evaluate.ts';
import type { MetricStore } from './metric-store.ts';

export interface AlarmChange {
  readonly alarm: AlarmModel;
  readonly state: AlarmState;
  readonly previous: AlarmState;
  /** The event for the actions of the new state. */
  readonly event: object;
  /** ARNs of the actions of the new state. */
  readonly actions: readonly string[];
}

/** The alarms of the template and their states. */
export class Alarms {
  readonly #store: MetricStore;
  readonly #states = new Map<string, AlarmState>();
  #models: readonly AlarmModel[];

  constructor(models: readonly AlarmModel[], store: MetricStore) {
    this.#models = models;
    this.#store = store;
  }

  /** Replaces the alarms. An alarm of the same name keeps its state. */
  replace(models: readonly AlarmModel[]): void {
    this.#models = models;
  }

  /** Evaluates every alarm and gives the changes. */
  evaluate(nowMs: number): readonly AlarmChange[] {
    return this.#models.flatMap((alarm) => this.#evaluateOne(alarm, nowMs) ?? []);
  }

  states(): Readonly<Record<string, AlarmStateValue>> {
    return Object.fromEntries(
      this.#models.map(({ name }) => [name, this.#states.get(name)?.value ?? 'INSUFFICIENT_DATA']),
    );
  }

  #evaluateOne(alarm: AlarmModel, nowMs: number): AlarmChange | undefined {
    const previous = this.#states.get(alarm.name) ?? initialState(nowMs);
    const { state: value, reason, datapoints } = evaluateAlarm(alarm, this.#store, nowMs);
    if (value === undefined || value === previous.value) return undefined;
    const state = { value, reason, reasonData: reasonData(alarm, datapoints, nowMs), atMs: nowMs };
    this.#states.set(alarm.name, state);
    return { alarm, state, previous, event: alarmEvent(alarm, state, previous), actions: alarm.actions[value] };
  }
}

/** The state of a new alarm in CloudWatch. */
function initialState(nowMs: number): AlarmState {
  return {
    value: 'INSUFFICIENT_DATA',
    reason: 'Unchecked: Initial alarm creation',
    reasonData: undefined,
    atMs: nowMs,
  };
}
