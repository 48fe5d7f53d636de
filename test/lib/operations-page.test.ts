import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../bin/ops/command.ts';
import { Metric, SERVICE_DIMENSION } from '../../lambdas/contract/metrics.ts';
import { HELD, OPENED, PROBING, RECOVERED, SHUT } from '../support/circuit/circuits.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** What stands in backticks and looks like a metric, in the list of metrics with its nested list. */
function listedMetrics(): readonly string[] {
  const list = /^- \*\*Metrics\*\*.*?(?=^\S)/ms.exec(PAGE)?.[0] ?? '';
  const names = [...list.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name);
  return names.filter((name) => name !== SERVICE_DIMENSION);
}

/** The second column of the table about a lost Redis. */
function metricsOfAnOutage(): readonly string[] {
  const tables = [...PAGE.matchAll(/^\| line .*?\n\n/gms)].map(([table]) => table);
  const table = tables.find((one) => one.includes('redis lost')) ?? '';
  return [...table.matchAll(/^\| [^|]+ \| `(\w+)`/gm)].map(([, name = '']) => name);
}

/** The rows of the table of a circuit's states, by state; a state is named in its first row. */
function listedFields(section: string, state: string): readonly string[] {
  const rows = [...section.matchAll(/^\| (?:`([\w-]+)`)? *\| `(\w+)`/gm)];
  const first = rows.findIndex(([, name]) => name === state);
  const next = rows.findIndex(([, name], index) => index > first && name !== undefined);
  return rows.slice(first, next === -1 ? undefined : next).map(([, , field = '']) => field);
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

  it('lists the fields of a circuit, of each state and of all', () => {
    const [, section = ''] = PAGE.split('## Circuits as JSON');
    const ofAll = /^Each state has (.*?) and:$/ms.exec(section)?.[1]?.replace(/\([^)]*\)/g, '') ?? '';
    const common = [...ofAll.matchAll(/`(\w+)`/g)].map(([, field = '']) => field);
    for (const circuit of [RECOVERED, OPENED, PROBING, SHUT, HELD]) {
      const fields = [...common, ...listedFields(section, circuit.state)];
      expect(fields.toSorted(), circuit.state).toEqual(Object.keys(circuit).toSorted());
    }
  });

  it('refers to sections that it has', () => {
    const headings = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'));
    const referred = [...PAGE.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(referred.length).toBeGreaterThan(0);
    expect(headings).toEqual(expect.arrayContaining(referred));
  });
});
