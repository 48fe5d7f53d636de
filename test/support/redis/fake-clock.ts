import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';

/** One look of a script at Redis's clock, and what operators said until then. */
export interface Tick {
  readonly nowUs: number;
  /** Texts of `encodeRule` by the id of the rule. */
  readonly rules?: Readonly<Record<string, string>>;
}

/**
 * When keys expire: `never`, whatever the real clock says; or as they would on the clock that is told, when a script
 * looks at them. A script's first key never does.
 */
export type Expiry = 'never' | 'told';

/**
 * The script in a world that is told: each call of it takes the next tick from a list, and leaves its second argument in
 * another one, which so has the order of the calls, from however many connections they came.
 */
export function onToldClock(script: string, expiry: Expiry = 'never'): string {
  const told = script.replaceAll('redis.call', 'told');
  if (!told.includes('told') || !told.includes("'TIME'")) throw new Error('the script tells its time in another way');
  return `
local ends, now = KEYS[1] .. ':ends', nil

local function told(command, key, ...)
  if command == 'TIME' then
    local tick = cjson.decode(redis.call('LPOP', KEYS[1] .. ':ticks'))
    redis.call('RPUSH', KEYS[1] .. ':order', ARGV[2])
    for id, text in pairs(tick.rules or {}) do redis.call('HSET', KEYS[1], id, text) end
    now = math.floor(tick.nowUs / 1000)
    return { string.format('%.0f', math.floor(tick.nowUs / 1000000)), string.format('%.0f', tick.nowUs % 1000000) }
  end
  local expires = ${expiry === 'told'} and key ~= KEYS[1]
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

${told}`;
}

/** All scripts that are defined on this client from now on are on the told clock, if they look at one. */
export function tellClock<Client extends RedisClient>(client: Client, expiry: Expiry = 'never'): Client {
  const define = client.defineCommand.bind(client);
  client.defineCommand = (name, definition) => {
    const { lua } = definition;
    define(name, { ...definition, lua: lua.includes("'TIME'") ? onToldClock(lua, expiry) : lua });
  };
  return client;
}

/** @param key the first key of the scripts that are to be told */
export async function tell(client: RedisClient, key: string, ticks: readonly Tick[]): Promise<void> {
  await client.rpush(`${key}:ticks`, ...ticks.map((tick) => JSON.stringify(tick)));
}

/** The second arguments of the calls so far, in Redis's order. */
export function callsOf(client: RedisClient, key: string): Promise<string[]> {
  return client.lrange(`${key}:order`, 0, -1);
}
