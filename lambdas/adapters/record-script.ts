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
