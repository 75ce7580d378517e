// The two scripts of the store: one reads, one writes; both know nothing of tasks. A commit is applied
// only when nobody has committed since what it was decided on was read, and not twice: its writer's
// mark says which attempt of which batch was the last that was done.

/**
 * KEYS: commit, epoch. ARGV: of each question the number of its words, and the words. Answers the
 * commit number, the epoch, the time, and the replies, all of one moment.
 */
export const readScript = `
local answers = { redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('TIME') }
local at = 1
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  if ARGV[at + 1] ~= 'ENDS' then
    answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, last))
  elseif redis.call('EXISTS', ARGV[at + 2]) == 0 then
    answers[#answers + 1] = {}
  else
    local ends = {}
    local facts = redis.call('XINFO', 'STREAM', ARGV[at + 2])
    for fact = 1, #facts, 2 do
      if facts[fact] == 'last-generated-id' then ends[1] = facts[fact + 1] end
    end
    local oldest = redis.call('XRANGE', ARGV[at + 2], '-', '+', 'COUNT', 1)
    if oldest[1] then ends[2] = oldest[1][1] end
    answers[#answers + 1] = ends
  end
  at = last + 1
end
return answers
`;

/**
 * KEYS: commit, epoch, the writer's mark, whose turn it is, then what must not be there, then what
 * must be there and is to stay. ARGV: commit, epoch, batch, attempt, writer, milliseconds that the
 * mark is kept, how many must not be there, then the commands as lists of words, in MessagePack: as
 * one word they cost the client and the server a fraction of what hundreds of them do.
 *
 * Answers `done`, `applied` with the attempt that was, `stale`, `turn`, `present` or `missing` with
 * the key; then the commit number and the time. Commands that free memory come first: they pass when
 * memory is full, and so does what follows them, while a commit that only adds is refused as a whole.
 */
export const applyScript = `
local commit, time = redis.call('GET', KEYS[1]), redis.call('TIME')
local batch, attempt = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+)%.(%d+)$')
if batch == ARGV[3] then return { 'applied', commit, time, attempt } end
if commit ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return { 'stale', commit, time }
end
local turn = redis.call('GET', KEYS[4])
if turn and turn ~= ARGV[5] then return { 'turn', commit, time } end
local absent = tonumber(ARGV[7])
for at = 5, #KEYS do
  local isThere = redis.call('EXISTS', KEYS[at]) == 1
  if at < 5 + absent then
    if isThere then return { 'present', commit, time, KEYS[at] } end
  elseif not isThere then
    return { 'missing', commit, time, KEYS[at] }
  end
end
for _, words in ipairs(cmsgpack.unpack(ARGV[8])) do
  if words[1] ~= 'COUNT' then
    redis.call(unpack(words))
  elseif redis.call('HINCRBY', words[2], words[3], words[4]) <= 0 then
    redis.call('HDEL', words[2], words[3])
  end
end
for kept = 5 + absent, #KEYS do redis.call('PERSIST', KEYS[kept]) end
if turn then redis.call('DEL', KEYS[4]) end
local next = string.format('%.0f', tonumber(commit) + 1)
redis.call('SET', KEYS[3], ARGV[3] .. '.' .. ARGV[4], 'PX', ARGV[6])
redis.call('SET', KEYS[1], next)
return { 'done', next, time }
`;

/**
 * KEYS: lineage, epoch, commit. ARGV: the lineage as it was read or "", the next one, the epoch, the
 * commit number to go on from, so that nobody goes on from what was read before. Answers 1, or 0 when
 * somebody else was faster.
 */
export const lineageScript = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], ARGV[4])
return 1
`;
