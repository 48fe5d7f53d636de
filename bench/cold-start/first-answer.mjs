// Loads a function's bundle and invokes its handler once, as Lambda's runtime does after a cold start.
// Builtins are reached without an ES import, which would itself cost milliseconds; the empty process does the same.
const { writeSync } = process.getBuiltinModule('node:fs');
const module = await import(process.env.BENCH_BUNDLE);
const handler = module.handler ?? module.default.handler;
const initMs = process.uptime() * 1000;
const answer = await handler(JSON.parse(process.env.BENCH_EVENT), { awsRequestId: 'cold-start' });
const ms = process.uptime() * 1000;
writeSync(3, JSON.stringify({ ms, initMs, cpuUs: process.cpuUsage(), answer }));
process.exit();
