import { GraphWidget, type IWidget, Metric, Row, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { CacheEngine } from './cost-estimate.ts';

/** Where the cache's own metrics are found. */
export interface DashboardCache {
  readonly kind: 'serverless' | 'node';
  /**
   * Decides the price.
   *
   * @default 'valkey'
   */
  readonly engine?: CacheEngine;
  /**
   * Nodes of a `node` cache.
   *
   * @default 1
   */
  readonly nodes?: number;
  /** `AWS/ElastiCache`. */
  readonly metricNamespace: string;
  /** A serverless cache is told by `clusterId`, a node by `CacheClusterId`. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Units that a serverless cache is billed for. */
export function cacheUnits(cache: DashboardCache): Metric | undefined {
  return cache.kind === 'serverless' ? metric(cache, 'ElastiCacheProcessingUnits', Stats.SUM) : undefined;
}

/** The cache's load. Hit rates say little here: limits are counters that are written on every request. */
export function cacheWidgets(cache: DashboardCache): IWidget[] {
  return [
    new TextWidget({ markdown: '# Cache', width: 24, height: 1 }),
    cache.kind === 'serverless' ? serverlessRow(cache) : nodeRow(cache),
  ];
}

function serverlessRow(cache: DashboardCache): IWidget {
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

function nodeRow(cache: DashboardCache): IWidget {
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

function metric(cache: DashboardCache, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: cache.metricNamespace,
    metricName,
    dimensionsMap: { ...cache.dimensions },
    statistic,
  });
}
