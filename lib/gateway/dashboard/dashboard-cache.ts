import { GraphWidget, type IWidget, Metric, Row, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { FoundationCache } from '../../foundation/foundation.ts';

/** Units that a serverless cache is billed for. */
export function cacheUnits(cache: FoundationCache): Metric | undefined {
  return cache.kind === 'serverless' ? metric(cache, 'ElastiCacheProcessingUnits', Stats.SUM) : undefined;
}

/** The cache's load. Hit rates say little here: limits are counters that are written on every request. */
export function cacheWidgets(cache: FoundationCache): IWidget[] {
  return [
    new TextWidget({ markdown: '# Cache', width: 24, height: 1 }),
    cache.kind === 'serverless' ? serverlessRow(cache) : nodeRow(cache),
  ];
}

function serverlessRow(cache: FoundationCache): IWidget {
  return new Row(
    graph('Processing units', [metric(cache, 'ElastiCacheProcessingUnits', Stats.SUM)]),
    graph('Memory', [metric(cache, 'BytesUsedForCache', Stats.MAXIMUM)]),
    graph('Commands', [
      metric(cache, 'TotalCmdsCount', Stats.SUM),
      metric(cache, 'ThrottledCmds', Stats.SUM),
      metric(cache, 'Evictions', Stats.SUM),
    ]),
    new GraphWidget({
      title: 'Latency and hit rate',
      left: [
        metric(cache, 'SuccessfulReadRequestLatency', Stats.AVERAGE),
        metric(cache, 'SuccessfulWriteRequestLatency', Stats.AVERAGE),
      ],
      right: [metric(cache, 'CacheHitRate', Stats.AVERAGE)],
      width: 5,
    }),
    graph(
      'Connections',
      [metric(cache, 'CurrConnections', Stats.MAXIMUM), metric(cache, 'NewConnections', Stats.SUM)],
      4,
    ),
  );
}

function nodeRow(cache: FoundationCache): IWidget {
  return new Row(
    graph('Processor', [metric(cache, 'EngineCPUUtilization', Stats.MAXIMUM)]),
    graph('Memory', [metric(cache, 'DatabaseMemoryUsagePercentage', Stats.MAXIMUM)]),
    graph('Evictions', [metric(cache, 'Evictions', Stats.SUM)]),
    graph('Hit rate', [metric(cache, 'CacheHitRate', Stats.AVERAGE)]),
    graph(
      'Connections',
      [metric(cache, 'CurrConnections', Stats.MAXIMUM), metric(cache, 'NewConnections', Stats.SUM)],
      4,
    ),
  );
}

function graph(title: string, left: Metric[], width = 5): GraphWidget {
  return new GraphWidget({ title, left, width });
}

function metric(cache: FoundationCache, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: 'AWS/ElastiCache',
    metricName,
    dimensionsMap: { ...cache.dimensions },
    statistic,
  });
}
