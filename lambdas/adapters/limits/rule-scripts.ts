/**
 * A copy of the rules is a hash: the id of a rule is the field, the text of `encodeRule` its value. Four fields are no
 * ids, for those hold a colon: `@` is when the copy was last known to be complete, in ms of Redis's clock, and negative
 * when it was empty, so that the decision script does not look for rules there; `@generation` names the hash until it is
 * lost, so that a loss meanwhile is noticed; `@digest` is that of the rules with which it was last complete; `@asked` is when
 * an instance was last asked to make it again.
 */

/**
 * A copy that no instance makes again ends by itself: its gateway is gone. It ends before the items of rules that were taken
 * back (`CHANGED_KEPT_MS`), so that a copy that has missed those does not outlive them; and late, since only the copies hold
 * while the table cannot be read.
 */
export const COPY_EXPIRY_MS = 2 * 86_400_000;
/**
 * How long a copy remembers that a rule was taken back, so that an older snapshot does not restore it: longer than a snapshot
 * may be old, by as much as the clock of the operator function may be behind.
 */
export const TOMBSTONE_MS = 600_000;
/** An older snapshot is not written: its reader was delayed, perhaps frozen with its instance. */
export const SNAPSHOT_MS = 30_000;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const KEEP = `if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ${COPY_EXPIRY_MS}) end`;

/**
 * The state of a copy before its rules are read from the table. No other instance is asked to make it again meanwhile.
 *
 * KEYS[1] the copy. ARGV: a name for its generation, if it has none.
 * Reply: [generation, digest, now in ms, when it was last complete in ms or 0].
 */
export const BEGIN_SCRIPT = `${NOW}
redis.call('HSETNX', KEYS[1], '@generation', ARGV[1])
redis.call('HSET', KEYS[1], '@asked', now)
${KEEP}
local known = redis.call('HMGET', KEYS[1], '@generation', '@digest', '@')
return { known[1], known[2] or '', now, math.abs(known[3] or 0) }
`;

/**
 * Writes rules into a copy, each only where it is newer than the copy's. An empty rule stays until it is old enough to be
 * deleted; since a rule may end without a new version, an empty rule also replaces one of its own version.
 *
 * KEYS[1] the copy. ARGV: when the snapshot was taken, in ms of Redis's clock, or 0; then id and text of each rule.
 * Reply: -1 the snapshot is too old, 0 written, 1 written and the copy is complete.
 */
export const MERGE_SCRIPT = `${NOW}
local taken = tonumber(ARGV[1])
if taken > 0 and math.abs(now - taken) > ${SNAPSHOT_MS} then return -1 end
for i = 2, #ARGV, 2 do
  local id, text = ARGV[i], ARGV[i + 1]
  local digits, body = string.match(text, '^(%d+) (.*)$')
  local stored = redis.call('HGET', KEYS[1], id)
  local version, before = tonumber(digits), stored and tonumber(string.match(stored, '^(%d+) ')) or -1
  if version > before or (version == before and body == '') then
    if body == '' and now - version > ${TOMBSTONE_MS} then
      redis.call('HDEL', KEYS[1], id)
    else
      redis.call('HSET', KEYS[1], id, text)
    end
  end
end
local complete = redis.call('HGET', KEYS[1], '@')
if complete and tonumber(complete) < 0 and #ARGV > 1 then
  redis.call('HSET', KEYS[1], '@', string.sub(complete, 2))
end
${KEEP}
return complete and 1 or 0
`;

/**
 * Marks a copy as complete, unless it was lost since its generation was read, or the snapshot has become too old.
 *
 * KEYS[1] the copy. ARGV: when the snapshot was taken, generation, digest of the rules. Reply: 1 marked, 0 not.
 */
export const SEAL_SCRIPT = `${NOW}
if math.abs(now - tonumber(ARGV[1])) > ${SNAPSHOT_MS} then return 0 end
if redis.call('HGET', KEYS[1], '@generation') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], '@', 0, '@digest', ARGV[3])
local rules = redis.call('HLEN', KEYS[1]) - 3 - redis.call('HEXISTS', KEYS[1], '@asked')
redis.call('HSET', KEYS[1], '@', string.format('%.0f', rules > 0 and now or -now))
redis.call('PEXPIRE', KEYS[1], ${COPY_EXPIRY_MS})
return 1
`;

/**
 * Deletes from a copy what has ended by itself, as its own text says: the table may have forgotten it already. Nothing
 * that is younger than a snapshot may be. One call for all rules, some 20 ms for 20,000: it is for a copy that nobody has
 * used for long.
 *
 * KEYS[1] the copy. Reply: how many were deleted.
 */
export const PURGE_SCRIPT = `${NOW}
local function ended(text)
  local version, body = string.match(text, '^(%d+) (.*)$')
  if not version or now - version <= ${TOMBSTONE_MS} then return false end
  if body == '' then return true end
  local rule = cjson.decode(body)
  if rule.r and (rule.r == 0 or rule.r > now) then return false end
  for _, override in pairs(rule.l or {}) do
    if override[2] == 0 or override[2] > now then return false end
  end
  return true
end
local all, deleted = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #all, 2 do
  if string.find(all[i], ':', 1, true) and ended(all[i + 1]) then
    deleted = deleted + redis.call('HDEL', KEYS[1], all[i])
  end
end
return deleted
`;
