import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';

/** The time that a script reads from Redis's clock, and the operators' rules that are new by then. */
export interface Tick {
  readonly nowUs: number;
  /** Texts of `encodeRule` by the id of the rule. */
  readonly rules?: Readonly<Record<string, string>>;
}

/** When keys expire: `never`, or by the fake clock, when a script reads them. A script's first key never expires. */
export type Expiry = 'never' | 'fake';

/**
 * The script on a fake clock: each call takes the next tick from a list, and adds its second argument to another list, which
 * so has the order of the calls from all connections.
 */
export function onFakeClock(script: string, expiry: Expiry = 'never'): string {
  const faked = script.replaceAll('redis.call', 'fake');
  if (!faked.includes('fake') || !faked.includes("'TIME'")) throw new Error('the script tells its time in another way');
  return `
local ends, now = KEYS[1] .. ':ends', nil

local function fake(command, key, ...)
  if command == 'TIME' then
    local tick = cjson.decode(redis.call('LPOP', KEYS[1] .. ':ticks'))
    redis.call('RPUSH', KEYS[1] .. ':order', ARGV[2])
    for id, text in pairs(tick.rules or {}) do redis.call('HSET', KEYS[1], id, text) end
    now = math.floor(tick.nowUs / 1000)
    return { string.format('%.0f', math.floor(tick.nowUs / 1000000)), string.format('%.0f', tick.nowUs % 1000000) }
  end
  local expires = ${expiry === 'fake'} and key ~= KEYS[1]
  local options = { ... }
  if command == 'SET' or command == 'PEXPIRE' then
    if expires then redis.call('HSET', ends, key, now + options[#options]) end
    return command == 'PEXPIRE' or redis.call('SET', key, options[1])
  end
  if expires and key and now > tonumber(redis.call('HGET', ends, key) or now) then
    redis.call('DEL', key)
    redis.call('HDEL', ends, key)
  end
  return redis.call(command, key, ...)
end

${faked}`;
}

/** Puts all scripts that read the clock and are defined on this client from now on, on the fake clock. */
export function useFakeClock<Client extends RedisClient>(client: Client, expiry: Expiry = 'never'): Client {
  const define = client.defineCommand.bind(client);
  client.defineCommand = (name, definition) => {
    const { lua } = definition;
    define(name, { ...definition, lua: lua.includes("'TIME'") ? onFakeClock(lua, expiry) : lua });
  };
  return client;
}

/** @param key the first key of the scripts that read them */
export async function setTicks(client: RedisClient, key: string, ticks: readonly Tick[]): Promise<void> {
  await client.rpush(`${key}:ticks`, ...ticks.map((tick) => JSON.stringify(tick)));
}

/** The second arguments of the calls so far, in Redis's order. */
export function callsOf(client: RedisClient, key: string): Promise<string[]> {
  return client.lrange(`${key}:order`, 0, -1);
}
