// Loads a bundle and no more.
const { writeSync } = process.getBuiltinModule('node:fs');
await import(process.env.BENCH_BUNDLE);
writeSync(3, JSON.stringify({ ms: process.uptime() * 1000, cpuUs: process.cpuUsage() }));
process.exit();
