/**
 * One request against one exact sliding window, atomically and on Redis's clock.
 *
 * KEYS[1] holds a ring in one string: 4 bytes for the position of the next write, then a 6-byte time in milliseconds
 * for each of the last `limit` admitted requests. The request is admitted when fewer than `limit` of them are still
 * inside the window; a refused one writes nothing.
 *
 * ARGV: limit, window in ms. Reply: [allowed 0|1, remaining, ms until the oldest counted one leaves the window].
 */
export const DECIDE_SCRIPT = `
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local size = math.max(0, (redis.call('STRLEN', key) - 4) / 6)
local head = 0
if size > 0 then head = struct.unpack('>I4', redis.call('GETRANGE', key, 0, 3)) end
local start = size < limit and 0 or head

local function at(position)
  local slot = 4 + 6 * ((start + position) % limit)
  return struct.unpack('>I6', redis.call('GETRANGE', key, slot, slot + 5))
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A clock that steps back must not let the ring lose its order.
if size > 0 then now = math.max(now, at(size - 1)) end

-- The first of the counted requests that is still inside the window.
local low, high = 0, size
while low < high do
  local middle = math.floor((low + high) / 2)
  if now - at(middle) < window then high = middle else low = middle + 1 end
end
local live = size - low

if live < limit then
  redis.call('SETRANGE', key, 4 + 6 * head, struct.pack('>I6', now))
  redis.call('SETRANGE', key, 0, struct.pack('>I4', (head + 1) % limit))
  redis.call('PEXPIRE', key, window)
  return { 1, limit - live - 1, (live > 0 and at(low) or now) + window - now }
end
return { 0, 0, at(low) + window - now }
`;

/**
 * One outcome into a sliding window of ten slices, atomically and on Redis's clock.
 *
 * KEYS[1] is a hash: field `<slice>t` counts the slice's requests, `<slice>f` its failures.
 * ARGV: failed 0|1, window in ms. Reply: [requests, failures] in the window, this one included.
 */
export const RECORD_SCRIPT = `
local key, failed, window = KEYS[1], ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slice = math.floor(now / (window / 10))
redis.call('HINCRBY', key, slice .. 't', 1)
if failed == '1' then redis.call('HINCRBY', key, slice .. 'f', 1) end
redis.call('PEXPIRE', key, window)

local sums, fields = { t = 0, f = 0 }, redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  local index, kind = string.match(fields[i], '^(%d+)([tf])$')
  if tonumber(index) > slice - 10 then
    sums[kind] = sums[kind] + tonumber(fields[i + 1])
  else
    redis.call('HDEL', key, fields[i])
  end
end
return { sums.t, sums.f }
`;
