import { LIMIT_KINDS } from '../../core/limits/kinds/kind-table.ts';
import { COPY_EXPIRY_MS } from './rule-scripts.ts';

/** Older copies of the operators' rules are made again from the table. */
export const RULES_FRESH_MS = 60_000;
/** Older copies are not believed any more: no instance could make them again, and a subject may be revoked since. */
export const RULES_KNOWN_MS = 120_000;
/** The one instance that is asked to make them again has this time for it, before another one is asked. */
const REBUILD_LEASE_MS = 2_000;

const kinds = Object.entries(LIMIT_KINDS).map(([kind, { script }]) => ({ kind, ...script }));
const FUNCTIONS = kinds.map(({ functions }) => functions).join('');
const CHOICE = kinds.map(({ kind, decide }) => `kind == '${kind}' and (${decide})`).join(' or ');
const OVERRIDES = kinds
  .flatMap(({ kind, override }) => (override === undefined ? [] : [`if kind == '${kind}' then ${override} end`]))
  .join('\n    ');

/**
 * Decides on one request by all of its limits and the operators' rules, atomically and on Redis's clock: it charges the
 * request to all of the limits, or to none when one of them refuses it or it is revoked.
 *
 * KEYS[1] is the hash of the rules, KEYS[2…] hold one limit each; all have the same hash tag.
 * ARGV: cost, lease, service; then for each limit its kind, its name, the limit and its kind's parameter. Before the name a
 * letter says by what it counts, c client, t tenant, i address, a all; a capital: in shadow mode.
 * Then the ids that rules may be about, of the request's token, client, tenant, plan and address, empty where it has none.
 *
 * Reply: [1 allowed | 0 refused | -1 revoked, rules, and for each limit: allowed 0|1, limit, remaining, reset in ms].
 * Rules: 0 fresh, 1 the instance that gets this reply must make them again, 2 unknown, 3 both.
 *
 * Each kind of limit brings a part of the script: see `LimitScript`. The code is longer than it could be, for speed: a
 * call of a command takes some 0.5 us; a closure, a table or a concatenated string takes 0.1 us each.
 */
export const DECIDE_SCRIPT = `
local call, unpack, pack, sub, floor, ceil = redis.call, struct.unpack, struct.pack, string.sub, math.floor, math.ceil
local time = call('TIME')
local now = time[1] * 1000 + floor(time[2] / 1000)
local cost = tonumber(ARGV[1])

local complete = tonumber(call('HGET', KEYS[1], '@') or 0)
local rulesState, age = 0, math.abs(now - math.abs(complete))
if age > ${RULES_FRESH_MS} then
  if age > ${RULES_KNOWN_MS} then rulesState = 2 end
  local asked = call('HGET', KEYS[1], '@asked') or 0
  if math.abs(now - asked) > ${REBUILD_LEASE_MS} then
    call('HSET', KEYS[1], '@asked', now)
    if complete == 0 then call('PEXPIRE', KEYS[1], ${COPY_EXPIRY_MS}) end
    rulesState = rulesState + 1
  end
end
local overrides
-- Below zero: the copy is empty.
if complete >= 0 then
  local first = 4 * #KEYS
  local rules = call('HMGET', KEYS[1], ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4])
  for i = 1, 5 do
    local body = rules[i] and string.match(rules[i], ' (.+)')
    if body then
      local rule = cjson.decode(body)
      if rule.r and (rule.r == 0 or rule.r > now) then return { -1, rulesState } end
      overrides = overrides or {}
      overrides[i] = rule.l
    end
  end
end

-- Only rules about the limit's own subject: for a client its own, its tenant's and its plan's, in this order.
local function overrideOf(by, name)
  local from, to = 2, 4
  if by == 't' then from, to = 3, 3 elseif by == 'i' then from, to = 5, 5 elseif by == 'a' then return end
  for i = from, to do
    local limits = overrides[i]
    local found = limits and limits[ARGV[3] .. '/' .. name]
    if limits and (not found or found[2] ~= 0 and found[2] <= now) then found = limits[name] end
    if found and (found[2] == 0 or found[2] > now) then return found end
  end
end

-- While a clock that stepped back is behind the last write, no time has passed since. A refused request leaves the present
-- time behind, or all would be refused until the clock has caught up.
${FUNCTIONS}
local reply, writes, refused = { 1, rulesState }, {}, false
for i = 2, #KEYS do
  local at = 4 * i - 4
  local kind, name, limit, number = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local override = overrides and overrideOf(string.lower(sub(name, 1, 1)), sub(name, 2))
  if override then
    limit = override[1]
    ${OVERRIDES}
  end
  local decide = ${CHOICE}
  local allowed, rest, reset, value, ttl = decide(KEYS[i], limit, number)
  if allowed then
    writes[2 * i], writes[2 * i + 1] = value, ttl
  else
    refused = refused or string.byte(name) > 96
    if value then call('SET', KEYS[i], value, 'PX', ttl) end
  end
  at = #reply
  reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = allowed and 1 or 0, limit, rest, reset
end
if refused then
  reply[1] = 0
  return reply
end
for i = 2, #KEYS do
  local value, ttl = writes[2 * i], writes[2 * i + 1]
  if type(value) == 'function' then
    value(KEYS[i], ttl)
  elseif value then
    call('SET', KEYS[i], value, 'PX', ttl)
  end
end
return reply
`;
