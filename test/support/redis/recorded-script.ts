import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';
import type { Admission } from '../circuit/admissions.ts';

/** One decision of the script, by Redis's clock. */
export interface Decided extends Admission {
  readonly allowed: boolean;
}

/** The script, which also writes beside the key of the first limit what it decided and when: its own reading of the clock. */
function recorded(script: string): string {
  return `
local clock
local function seen(command, ...)
  local reply = redis.call(command, ...)
  if command == 'TIME' then clock = reply end
  return reply
end
local function decide()
${script.replaceAll('redis.call', 'seen')}
end
local reply = decide()
local us = string.format('%.0f', clock[1] * 1000000 + clock[2])
redis.call('RPUSH', KEYS[2] .. ':decided', us .. ' ' .. ARGV[1] .. ' ' .. reply[1])
return reply
`;
}

/** The script that decides is recorded by all clients that go through this. */
export function record<Client extends RedisClient>(client: Client): Client {
  const define = client.defineCommand.bind(client);
  client.defineCommand = (name, definition) =>
    define(name, name === 'tollgateDecide' ? { ...definition, lua: recorded(definition.lua) } : definition);
  return client;
}

/** What was decided about requests whose first limit has this key, in Redis's order. */
export async function decidedAt(client: RedisClient, key: string): Promise<Decided[]> {
  const lines = await client.lrange(`${key}:decided`, 0, -1);
  return lines.map((line) => {
    const [atUs = Number.NaN, units = Number.NaN, outcome] = line.split(' ').map(Number);
    return { atUs, units, allowed: outcome === 1 };
  });
}
