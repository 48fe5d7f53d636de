import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Which of the machine's first two CPUs a process has for itself. */
export type Side = 'redis' | 'limiter';

/**
 * Keeps redis-server and the limiter that is measured on a CPU each, as if they were two machines: where the kernel moves
 * them together or apart at will, a round trip takes 15 us now and 70 us then. Does nothing where there is one CPU, or
 * no `taskset`.
 */
export function pin(pid: number, side: Side): void {
  const cpu = allowedCpus()[side === 'redis' ? 0 : 1];
  if (cpu !== undefined) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(cpu), String(pid)]);
}

/** A list of CPUs as in proc(5): `0-1` or `0,2-3`. */
function allowedCpus(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(statusOfThis())?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

function statusOfThis(): string {
  return readFileSync('/proc/self/status', 'utf8');
}
