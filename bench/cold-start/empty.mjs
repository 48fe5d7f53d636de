// The floor: a process that does nothing but say so.
const { writeSync } = process.getBuiltinModule('node:fs');
writeSync(3, JSON.stringify({ ms: process.uptime() * 1000, cpuUs: process.cpuUsage() }));
