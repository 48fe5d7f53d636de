/** A window has at most eleven slices of four counters, and one more field. A hash with more entries is not one. */
const MOST_ENTRIES = 100;

/** The number of the present slice; a window has ten. */
const SLICE_NOW = `
local time = redis.call('TIME')
local slice = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / (window / 10))`;

/**
 * Outcomes of one period of a circuit into a sliding window of ten slices, atomically and on Redis's clock.
 *
 * KEYS[1] is a hash: fields `<slice>t`, `<slice>f`, `<slice>s` and `<slice>r` count the requests of a slice, its failures,
 * its slow requests and its retries; `ended` is the version of the circuit that ended the period. Any other
 * value is replaced by an empty hash.
 *
 * ARGV: window in ms, requests, failures, slow requests. Reply: [requests, failures, slow, ended, last]; what the window
 * holds is summed up only where a failure or a slow request is among what was recorded, since nothing else can open a
 * circuit. `last` is how many requests the slice before this one has counted.
 */
export const RECORD_SCRIPT = `
local key, window, total, failures, slow = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
${SLICE_NOW}
local function add(kind, count)
  if count == '0' then return end
  local counted = redis.pcall('HINCRBY', key, slice .. kind, count)
  if type(counted) == 'number' then return counted end
  -- Without memory, or as a replica, it is the server that cannot count, and not the key. It ends at once.
  if string.match(counted.err, '^WRONGTYPE') or string.match(counted.err, '^ERR') then redis.call('PEXPIRE', key, 0) end
  return redis.call('HINCRBY', key, slice .. kind, count)
end
local function endedBy(text)
  local version = string.match(text or '', '^%d+$') and tonumber(text) or 0
  return version < 1e15 and version or 0
end
local counted = add('t', total)
add('f', failures)
add('s', slow)
redis.call('PEXPIRE', key, window)

local isFirst, isWell = counted == tonumber(total), failures == '0' and slow == '0'
if isWell and not isFirst then
  local known = redis.call('HMGET', key, 'ended', (slice - 1) .. 't')
  return { 0, 0, 0, endedBy(known[1]), tonumber(known[2] or '0') or 0 }
end
local sums, ended, last, fields = { t = 0, f = 0, s = 0, r = 0 }, 0, 0, redis.call('HGETALL', key)
if #fields > ${MOST_ENTRIES} then
  redis.call('PEXPIRE', key, 0)
  return { 0, 0, 0, 0, 0 }
end
for i = 1, #fields, 2 do
  local index, kind = string.match(fields[i], '^(%d+)([tfsr])$')
  local count = tonumber(fields[i + 1])
  if fields[i] == 'ended' then
    ended = endedBy(fields[i + 1])
  elseif index ~= nil and count ~= nil and math.abs(tonumber(index) - slice) < 10 then
    sums[kind] = sums[kind] + count
    if kind == 't' and tonumber(index) == slice - 1 then last = count end
  else
    redis.call('HDEL', key, fields[i])
  end
end
return { sums.t, sums.f, sums.s, ended, last }
`;

/**
 * Takes one more attempt, where the budget has one left: a share of the window's requests, and a few free ones.
 *
 * KEYS[1] as in `RECORD_SCRIPT`. ARGV: window in ms, share, attempts that are free. Reply: 1, or 0 where none is
 * left or the period is over.
 */
export const RETRY_SCRIPT = `
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 0 end
local key, window, share, free = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
${SLICE_NOW}
local sums, fields = { t = 0, f = 0, s = 0, r = 0 }, redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  local index, kind = string.match(fields[i], '^(%d+)([tfsr])$')
  local count = tonumber(fields[i + 1])
  if index ~= nil and count ~= nil and tonumber(index) > slice - 10 then sums[kind] = sums[kind] + count end
end
if sums.r >= math.max(free, share * sums.t) then return 0 end
redis.call('HINCRBY', key, slice .. 'r', 1)
redis.call('PEXPIRE', key, window)
return 1
`;

/**
 * Ends a period, for all instances that still record into it.
 *
 * KEYS[1] as in `RECORD_SCRIPT`. ARGV: window in ms, version of the circuit that ended the period. Reply: that version.
 */
export const END_SCRIPT = `
redis.call('HSET', KEYS[1], 'ended', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return tonumber(ARGV[2])
`;
