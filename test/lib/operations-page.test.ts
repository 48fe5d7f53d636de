import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../bin/ops/command.ts';
import { Metric, SERVICE_DIMENSION } from '../../lambdas/contract/metrics.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** What stands in backticks and looks like a metric, in the list of metrics with its nested list. */
function listedMetrics(): readonly string[] {
  const list = /^- \*\*Metrics\*\*.*?(?=^\S)/ms.exec(PAGE)?.[0] ?? '';
  const names = [...list.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name);
  return names.filter((name) => name !== SERVICE_DIMENSION);
}

/** Of the table of what is seen while Redis is lost: its second column. */
function metricsOfAnOutage(): readonly string[] {
  const tables = [...PAGE.matchAll(/^\| line .*?\n\n/gms)].map(([table]) => table);
  const table = tables.find((one) => one.includes('redis lost')) ?? '';
  return [...table.matchAll(/^\| [^|]+ \| `(\w+)`/gm)].map(([, name = '']) => name);
}

/** The arguments of each command of operators, as a shell splits them. */
function commands(): readonly (readonly string[])[] {
  const lines = [...PAGE.matchAll(/npx tsx bin\/ops\.ts ([^`)\n]+)/g)].map(([, line = '']) => line);
  return lines.map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word = '']) => quoted ?? word));
}

describe('docs/operations.md', () => {
  it('has commands that are understood, of circuits all that there are', () => {
    const circuits = commands().filter(([group]) => group === 'circuit');
    expect(new Set(circuits.map(([, name]) => name))).toEqual(new Set(['list', 'show', 'open', 'close', 'auto']));
    for (const args of commands()) expect(() => parseCommand(args), args.join(' ')).not.toThrow();
  });

  it('lists each metric once', () => {
    expect([...listedMetrics()].sort()).toEqual(Object.values(Metric).sort());
  });

  it('tells of metrics that there are when Redis is lost', () => {
    const told = metricsOfAnOutage();
    expect(told).toEqual(expect.arrayContaining([Metric.storeLost, Metric.storeRecovered, Metric.countedLocally]));
    expect(Object.values(Metric)).toEqual(expect.arrayContaining([...told]));
  });

  it('refers to sections that it has', () => {
    const headings = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'));
    const referred = [...PAGE.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(referred.length).toBeGreaterThan(0);
    expect(headings).toEqual(expect.arrayContaining(referred));
  });
});
