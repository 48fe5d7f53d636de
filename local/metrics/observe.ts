import type { LogSink } from '../log-event.ts';
import type { MetricStore, Sample } from './metric-store.ts';
import { samplesOf } from './read-emf.ts';

/** Passes a function's lines on, and stores the metrics in them. */
export function observeLines(
  store: MetricStore,
  log: LogSink,
  nowMs: () => number,
  labelOf: (functionName: string) => string,
) {
  return (functionName: string, line: string, stream: 'stdout' | 'stderr'): void => {
    if (stream === 'stdout') keep(store, samplesOf(parse(line), nowMs()));
    log({ kind: 'line', label: labelOf(functionName), line, stream });
  };
}

export function keep(store: MetricStore, samples: readonly Sample[]): void {
  for (const sample of samples) store.add(sample);
}

function parse(line: string): Readonly<Record<string, unknown>> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
