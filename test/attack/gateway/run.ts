import { parseArgs } from 'node:util';
import { authorityPath } from './authority-path.ts';
import { earlyUploads } from './early-uploads.ts';
import { smuggling } from './smuggling.ts';
import { spoofing } from './spoofing.ts';
import { startStage } from './stage.ts';
import { unreadable } from './unreadable.ts';

const LONGEST_S = 600;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '150' } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_S) {
  console.error(`--seconds must be a whole number from 1 to ${LONGEST_S}, got ${values.seconds}`);
  process.exit(2);
}

const stage = await startStage();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stage.stop().finally(() => process.exit(130)));
}
const attacks = [authorityPath, smuggling, unreadable, spoofing, earlyUploads(seconds)];
const width = Math.max(...attacks.map(({ name }) => name.length));
console.log(`${'attack'.padEnd(width)}  requests  result`);
try {
  for (const { name, run } of attacks) {
    const { requests, worked, seen } = await run(stage);
    console.log(`${name.padEnd(width)}  ${String(requests).padStart(8)}  ${worked ? 'WORKED' : 'repelled'}: ${seen}`);
    if (worked) process.exitCode = 1;
  }
} finally {
  await stage.stop();
}
