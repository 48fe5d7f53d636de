import type { Sample } from './metric-store.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

/**
 * The metric values in a log line of CloudWatch's embedded metric format; none for every other object. A directive
 * that is not well-formed is passed over, as CloudWatch does.
 */
export function samplesOf(line: Fields, nowMs: number): readonly Sample[] {
  const aws = line['_aws'] as { Timestamp?: unknown; CloudWatchMetrics?: unknown } | undefined;
  if (typeof aws !== 'object' || aws === null || !Array.isArray(aws.CloudWatchMetrics)) return [];
  const timestampMs = typeof aws.Timestamp === 'number' ? aws.Timestamp : nowMs;
  return (aws.CloudWatchMetrics as Directive[]).flatMap((directive) =>
    samplesOfDirective(line, directive, timestampMs),
  );
}

function samplesOfDirective(line: Fields, directive: Directive, timestampMs: number): readonly Sample[] {
  const { Namespace: namespace, Dimensions: dimensionSets, Metrics: metrics } = directive;
  if (typeof namespace !== 'string' || !Array.isArray(dimensionSets) || !Array.isArray(metrics)) return [];
  return dimensionSets.flatMap((names) => {
    const dimensions = Object.fromEntries((names as string[]).map((name) => [name, String(line[name])]));
    return (metrics as { Name: string; StorageResolution?: number }[]).flatMap((metric) =>
      valuesOf(line[metric.Name]).map((value) => ({
        metric: { namespace, name: metric.Name, dimensions },
        value,
        timestampMs,
        resolutionS: metric.StorageResolution === 1 ? 1 : 60,
      })),
    );
  });
}

function valuesOf(value: unknown): readonly number[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'number' && Number.isFinite(one));
}
