import { LIMIT_BOUNDS } from '../../contract/limits/limit-bounds.ts';
import { EXACT_LIMIT, SLICES } from '../../core/limits/sliding-window.ts';
import { COPY_EXPIRY_MS } from './rule-scripts.ts';

/** Copies of the operators' rules older than this are made anew from the table. */
export const RULES_FRESH_MS = 60_000;
/** Older than this they are no longer believed: nobody has managed to make them anew, and somebody may be revoked since. */
export const RULES_KNOWN_MS = 120_000;
/** So long the one instance that was asked to do it has for it, before another one is. */
const REBUILD_LEASE_MS = 2_000;

/**
 * One request against all of its limits and the operators' rules, atomically and on Redis's clock: it is charged to all
 * of the limits, or to none when one of them refuses it or it is revoked.
 *
 * KEYS[1] is the hash of the rules, KEYS[2…] hold one limit each; all have the same hash tag.
 * ARGV: cost, lease, service; then for each limit its kind, its name, the limit and a number: of a window for how many
 * ms a request counts, the millisecond in which it came included; of a bucket the units a second; of concurrency the lease
 * in ms. Before the name a letter says by what it counts, c client, t tenant, i address, a all; a capital: in shadow mode.
 * Then the ids that rules may be about, of the request's token, client, tenant, plan and address, empty where it has none.
 *
 * Reply: [1 allowed | 0 refused | -1 revoked, rules, and for each limit: allowed 0|1, limit, remaining, reset in ms].
 * Rules: 0 fresh, 1 to be rebuilt by who gets this reply, 2 unknown, 3 both.
 *
 * An exact window is a string: a zero byte, 6 bytes for the time of the last write in ms, then a time for each counted
 * unit, oldest first. These times wrap around at their width, which is as small as the window lets it be: only their
 * differences are asked for. A sliced window has a one in front, and after the time the count before its first entry; an
 * entry is the number of a slice, in one byte, and the count up to its end, in four. Both wrap around likewise.
 *
 * A bucket is one integer: the time in us at which it will be full again (GCRA: ITU-T I.371, the virtual scheduling
 * algorithm). Concurrency is a sorted set of leases by the time at which they end.
 *
 * What is longer here than it might be is so for speed: a call of a command takes some 0.5 us, a closure, a table or a
 * string made by concatenation 0.1 us each.
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

-- Only rules about the limit's own subject: of a client its own, its tenant's and its plan's, in this order.
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

-- Each kind of limit returns: allowed, remaining, reset in ms, what to write and for how many ms. It is written when the
-- request is charged; what comes with a refusal is written at once.

-- A clock that steps back tells nothing, so no time has passed since the last write; who is refused meanwhile leaves the
-- present time behind, or would be refused until the clock has caught up.

local function exact(key, limit, span)
  local entry, header, width, wrap
  if span <= 65536 then entry, header, width, wrap = '>I2', '>BI6I2', 2, 65536
  elseif span <= 16777216 then entry, header, width, wrap = '>I3', '>BI6I3', 3, 16777216
  else entry, header, width, wrap = '>I4', '>BI6I4', 4, 4294967296 end

  local value = call('GET', key)
  local from, used, oldest, mark, stepped = 8, 0, 0, 0, false
  if value then
    local sliced, anchor, first = unpack(header, value)
    local passed = now - anchor
    if passed < 0 then passed, stepped = 0, true end
    if passed < span then
      if sliced == 1 then
        -- An operator changed the limit: what was counted is counted as if it had been made at the last write.
        local before, _, counted = unpack('>I4', value, 8), nil, unpack('>I4', value, #value - 3)
        value = sub(value, 1, 7) .. string.rep('\\0', width * math.min((counted - before) % 4294967296, limit))
        first = 0
      end
      local newest = unpack(entry, value, #value - width + 1)
      oldest = passed + (newest - first) % wrap
      if oldest >= span then
        -- Mostly few have left: ever longer steps over them, then halves.
        local low, high, step = 0, (#value - 7) / width - 1, 1
        while low + step < high and passed + (newest - unpack(entry, value, from + (low + step) * width)) % wrap >= span do
          low, step = low + step, step * 2
        end
        high, low = math.min(high, low + step), low + 1
        while low < high do
          local middle = floor((low + high) / 2)
          if passed + (newest - unpack(entry, value, from + middle * width)) % wrap >= span then low = middle + 1
          else high = middle end
        end
        from = from + low * width
        oldest = passed + (newest - unpack(entry, value, from)) % wrap
      end
      used = (#value - from + 1) / width
      mark = (newest + passed) % wrap
    end
  end

  local over = used + cost - limit
  if over > 0 then
    -- What costs more than the limit has nothing to wait for.
    local decisive = over > used and 0 or (mark - unpack(entry, value, from + (over - 1) * width)) % wrap
    local rest = used < limit and limit - used or 0
    if stepped then return false, rest, span - decisive, pack('>BI6', 0, now) .. sub(value, 8), span end
    return false, rest, span - decisive
  end
  local written = pack(entry, mark)
  if cost > 1 then written = string.rep(written, cost) end
  if used > 0 then written = sub(value, from) .. written end
  return true, -over, span - oldest, pack('>BI6', 0, now) .. written, span
end

local function sliced(key, limit, span)
  local slice = ceil((span - 1) / ${SLICES})
  local keep = ceil((span - 1) / slice)
  local ttl, into = (keep + 1) * slice, now % slice
  local value = call('GET', key)
  if not value then return true, limit - cost, ttl - into, pack('>BI6I4BI4', 1, now, 0, 0, cost), ttl end

  local is, anchor = unpack('>BI6', value)
  if is == 0 then
    local width = span <= 65536 and 2 or span <= 16777216 and 3 or 4
    value = pack('>BI6I4BI4', 1, anchor, 0, 0, math.min((#value - 7) / width, limit))
  end
  local passed, clock = floor(now / slice) - floor(anchor / slice), now
  if anchor > now then
    -- The slice that a clock that stepped back enters next does not count: a whole one may not have passed by then.
    passed, clock = 0, now - into + slice
    into = into - slice
  end
  local before, n = unpack('>I4', value, 8), (#value - 11) / 5
  local function at(i) return unpack('>BI4', value, 7 + 5 * i) end
  local newest, counted = at(n)
  local function age(i) return passed + (newest - at(i)) % 256 end
  local first, _ = 1, nil
  while first <= n and age(first) > keep do
    _, before = at(first)
    first = first + 1
  end
  local used = (counted - before) % 4294967296
  local over = used + cost - limit
  if over > 0 then
    local decisive = first
    while decisive < n do
      local _, upTo = at(decisive)
      if (upTo - before) % 4294967296 >= over then break end
      decisive = decisive + 1
    end
    local rest, reset = math.max(0, limit - used), (keep + 1 - age(decisive)) * slice - into
    if clock > now then return false, rest, reset, pack('>BI6', 1, clock) .. sub(value, 8), ttl end
    return false, rest, reset
  end
  -- Requests of one slice share an entry.
  local upTo = passed == 0 and n - 1 or n
  local oldest = first <= n and age(first) or 0
  local written = pack('>BI6I4', 1, clock, before) .. sub(value, 7 + 5 * first, 11 + 5 * upTo)
    .. pack('>BI4', (newest + passed) % 256, (counted + cost) % 4294967296)
  return true, -over, (keep + 1 - oldest) * slice - into, written, ttl
end

local function bucket(key, burst, rate)
  local nowUs = time[1] * 1000000 + time[2]
  -- Rounded up to whole microseconds, so that it is never faster than its rate.
  local interval = ceil(1000000 / rate)
  local depth = burst * interval
  local ahead = (call('GET', key) or 0) - nowUs
  if ahead < 0 then ahead = 0 end
  -- Emptier than empty: the clock stepped back, or an operator made the bucket smaller.
  local beyond = ahead > depth
  if beyond then ahead = depth end
  local after = ahead + cost * interval
  if after > depth then
    local rest, reset = floor((depth - ahead) / interval), ceil((after - depth) / 1000)
    if beyond then return false, rest, reset, string.format('%.0f', nowUs + ahead), ceil(ahead / 1000) end
    return false, rest, reset
  end
  local full = ceil(after / 1000)
  return true, floor((depth - after) / interval), full, string.format('%.0f', nowUs + after), full
end

local function concurrency(key, limit, leaseMs)
  -- A lease that ends later than one made now was made by a clock that stepped back since.
  local used = call('ZCOUNT', key, '(' .. now, now + leaseMs)
  if used >= limit then return false, 0, 1000 end
  return true, limit - used - 1, 1000, true, leaseMs
end

local reply, writes, refused = { 1, rulesState }, {}, false
for i = 2, #KEYS do
  local at = 4 * i - 4
  local kind, name, limit, number = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local override = overrides and overrideOf(string.lower(sub(name, 1, 1)), sub(name, 2))
  if override then
    limit = override[1]
    if kind == 'bucket' and override[3] then number = override[3] end
    if kind == 'concurrency' then limit = math.min(limit, ${LIMIT_BOUNDS.concurrency.max}) end
  end
  local decide = kind == 'window' and (limit > ${EXACT_LIMIT} and sliced or exact)
    or kind == 'bucket' and bucket or concurrency
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
  if value == true then
    -- In this order: after a removal, Redis no longer looks whether it has memory left for what a script writes.
    call('ZADD', KEYS[i], now + ttl, ARGV[2])
    call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    call('PEXPIRE', KEYS[i], ttl)
  elseif value then
    call('SET', KEYS[i], value, 'PX', ttl)
  end
end
return reply
`;
