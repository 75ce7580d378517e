// The directory's operations as Lua scripts: each is atomic, and means what DirectoryTable means. All
// keys share one hash tag, so that they live on one node of a Redis Cluster.
//
//   meta      revision, run (the server process that wrote last), forgotten, quiet, ttl
//   entries   key -> {r: revision, c: created, s: session or "", v: value as JSON}
//   index     the keys, in order              owned     "<session>\\n<key>", in order
//   sessions  id -> {n: name, i: incarnation, t: ttl, rec, st, a: attempt, x: superseded}
//   expiries  id by the server's TIME         changes   a stream, its ids are the revisions
//   marks     name -> newest incarnation      marked    name by the time of its last opening
//
// Revisions are numbers below 2^53, written in full: Lua would print them as 1.79e+15. They begin at
// the server's microseconds, so that they go on even after everything was flushed.

/** In the order of KEYS. */
export const redisKeyNames = [
  "meta",
  "entries",
  "index",
  "owned",
  "sessions",
  "expiries",
  "changes",
  "marks",
  "marked",
] as const;

/**
 * First in every script. A server process that has not written here before has lost what its
 * predecessor had not on disk, or had not replicated, or all: claims that were acknowledged may be
 * missing. So sessions of before cannot be renewed, and nothing is put until all of them have surely
 * ended: `quiet`. Then sessions whose time has run out are ended.
 */
const prelude = `
local meta, entries, index, owned, sessions, expiries, changes, marks, marked = unpack(KEYS)
local fullValue, fullChanges = tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local function nextRevision() return text(redis.call('HINCRBY', meta, 'revision', 1)) end
local function say(kind, revision, key, json)
  redis.call('XADD', changes, 'MAXLEN', '~', fullChanges, revision .. '-0',
    'kind', kind, 'key', key, 'entry', json)
end
local function removeEntry(key, json)
  local entry = cjson.decode(json)
  redis.call('HDEL', entries, key)
  redis.call('ZREM', index, key)
  if entry.s ~= '' then redis.call('ZREM', owned, entry.s .. '\\n' .. key) end
  say('removed', nextRevision(), key, json)
end
local function putEntry(key, value, session)
  local before = redis.call('HGET', entries, key)
  local revision = nextRevision()
  local created = revision
  if before then
    local entry = cjson.decode(before)
    created = entry.c
    if entry.s ~= '' then redis.call('ZREM', owned, entry.s .. '\\n' .. key) end
  end
  local json = cjson.encode({ r = revision, c = created, s = session, v = value })
  redis.call('HSET', entries, key, json)
  redis.call('ZADD', index, 0, key)
  if session ~= '' then redis.call('ZADD', owned, 0, session .. '\\n' .. key) end
  say('put', revision, key, json)
  return json
end
local function finish(id)
  redis.call('HDEL', sessions, id)
  redis.call('ZREM', expiries, id)
  local first = id .. '\\n'
  for _, member in ipairs(redis.call('ZRANGEBYLEX', owned, '[' .. first, '(' .. id .. '\\11')) do
    local key = string.sub(member, #first + 1)
    local json = redis.call('HGET', entries, key)
    if json then removeEntry(key, json) end
    redis.call('ZREM', owned, member)
  end
end
local function supersede(id)
  local session = cjson.decode(redis.call('HGET', sessions, id))
  session.x = 1
  redis.call('HSET', sessions, id, cjson.encode(session))
end
local function living(id)
  local json = redis.call('HGET', sessions, id)
  local session = json and cjson.decode(json)
  if session and session.x == 0 then return session end
  return nil
end
local function nodeValue(session)
  return '{"incarnation":' .. session.i .. ',"record":' .. session.rec
    .. ',"state":' .. session.st .. '}'
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if redis.call('HGET', meta, 'run') ~= run then
  local before = tonumber(redis.call('HGET', meta, 'revision') or '0')
  local revision = text(math.max(before + 1, time[1] * 1000000 + time[2]))
  local ttl = math.max(tonumber(redis.call('HGET', meta, 'ttl') or '0'), tonumber(ARGV[1]))
  redis.call('HSET', meta, 'run', run, 'revision', revision, 'forgotten', revision,
    'quiet', text(now + ttl))
  redis.call('DEL', changes)
  for _, id in ipairs(redis.call('HKEYS', sessions)) do supersede(id) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', now)) do finish(id) end
`;

const script = (body: string): string => `${prelude}${body}`;

/** ARGV begins with: ttl of the cluster's sessions, bytes of a value, changes kept. Then from 4 on. */
export const redisScripts = {
  /**
   * name, incarnation, ttl, record, predecessor, attempt, sessions at most, entries at most, marks at
   * most. Answers `opened` with the revision of `nodes/<name>` and the ttl, `refused` with the newest
   * incarnation, `too_large`, or `full` with what is. Only `opened` has changed anything.
   */
  open: script(`
local name, incarnation, ttl, record, predecessor, attempt =
  ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]
local id, key = ARGV[13], 'nodes/' .. ARGV[4]
local known = living(id)
if known and known.a == attempt then
  return { 'opened', cjson.decode(redis.call('HGET', entries, key)).r, text(known.t) }
end
local newest = redis.call('HGET', marks, name)
if newest and tonumber(newest) >= incarnation then return { 'refused', newest } end
local session = { n = name, i = text(incarnation), t = ttl, rec = record, st = 'null',
  a = attempt, x = 0 }
if #nodeValue(session) > fullValue then return { 'too_large' } end
local older = {}
for _, other in ipairs(redis.call('HKEYS', sessions)) do
  if string.sub(other, 1, #name + 1) == name .. '~' then older[#older + 1] = other end
end
local freed = predecessor == 'gone' and #older or 0
if redis.call('HLEN', sessions) - freed >= tonumber(ARGV[10]) then return { 'full', 'sessions' } end
if redis.call('HEXISTS', entries, key) == 0 and redis.call('HLEN', entries) >= tonumber(ARGV[11])
then return { 'full', 'entries' } end
for _, other in ipairs(older) do
  if predecessor == 'gone' then finish(other) else supersede(other) end
end
redis.call('HSET', sessions, id, cjson.encode(session))
redis.call('ZADD', expiries, now + ttl, id)
redis.call('HSET', marks, name, text(incarnation))
redis.call('ZADD', marked, now, name)
if redis.call('ZCARD', marked) > tonumber(ARGV[12]) then
  for _, oldest in ipairs(redis.call('ZRANGE', marked, 0, 2047)) do
    if redis.call('HEXISTS', entries, 'nodes/' .. oldest) == 0 and oldest ~= name then
      redis.call('ZREM', marked, oldest)
      redis.call('HDEL', marks, oldest)
      break
    end
  end
end
if ttl > tonumber(redis.call('HGET', meta, 'ttl') or '0') then
  redis.call('HSET', meta, 'ttl', text(ttl))
end
local json = putEntry(key, nodeValue(session), id)
return { 'opened', cjson.decode(json).r, text(ttl) }
`),

  /** session, state or "". Answers `renewed` with the ttl, `lost`, or `too_large`. */
  renew: script(`
local id, state = ARGV[4], ARGV[5]
local session = living(id)
if not session then return { 'lost' } end
if state ~= '' and state ~= session.st then
  session.st = state
  local value = nodeValue(session)
  if #value > fullValue then return { 'too_large' } end
  redis.call('HSET', sessions, id, cjson.encode(session))
  putEntry('nodes/' .. session.n, value, id)
end
redis.call('ZADD', expiries, now + session.t, id)
return { 'renewed', text(session.t) }
`),

  /** session. Its entries go with it. */
  close: script(`
if redis.call('HEXISTS', sessions, ARGV[4]) == 1 then finish(ARGV[4]) end
return { 'closed' }
`),

  /**
   * key, value, session or "", `absent`, `any` or a revision, entries at most. Answers `put` with the
   * entry, `conflict` with the present one or "", `lost`, `full`, or `quiet` with the ms it takes.
   */
  put: script(`
local key, value, session, expect = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if session ~= '' and not living(session) then return { 'lost' } end
local before = redis.call('HGET', entries, key)
local isExpected = expect == 'any' or (expect == 'absent' and not before)
  or (before and cjson.decode(before).r == expect)
if not isExpected then return { 'conflict', before or '' } end
local quiet = tonumber(redis.call('HGET', meta, 'quiet') or '0')
if now < quiet then return { 'quiet', text(quiet - now) } end
if not before and redis.call('HLEN', entries) >= tonumber(ARGV[8]) then return { 'full' } end
return { 'put', putEntry(key, value, session) }
`),

  /** key, `any` or a revision. Answers `removed`, `absent`, or `conflict` with the present entry. */
  remove: script(`
local json = redis.call('HGET', entries, ARGV[4])
if not json then return { 'absent' } end
if ARGV[5] ~= 'any' and cjson.decode(json).r ~= ARGV[5] then return { 'conflict', json } end
removeEntry(ARGV[4], json)
return { 'removed' }
`),

  /** key. Answers `entry` with it, or `absent`. */
  get: script(`
local json = redis.call('HGET', entries, ARGV[4])
if json then return { 'entry', json } end
return { 'absent' }
`),

  /** prefix, the key behind which to begin or "", entries at most. `page`, revision, keys and entries. */
  list: script(`
local prefix, after = ARGV[4], ARGV[5]
local from = after == '' and '[' .. prefix or '(' .. after
local page = { 'page', redis.call('HGET', meta, 'revision') }
local keys = redis.call('ZRANGEBYLEX', index, from, '[' .. prefix .. '\\255', 'LIMIT', 0, ARGV[6])
for _, key in ipairs(keys) do
  page[#page + 1] = key
  page[#page + 1] = redis.call('HGET', entries, key)
end
return page
`),

  /**
   * the revision behind which to begin or "", changes at most, prefixes. Answers `lost` with the
   * present revision, or `changes` with the revision up to which they are complete, then of each
   * kind, revision, key and entry.
   */
  follow: script(`
local revision = redis.call('HGET', meta, 'revision')
if ARGV[4] == '' then return { 'changes', revision } end
local after = tonumber(ARGV[4])
if after > tonumber(revision) or after < tonumber(redis.call('HGET', meta, 'forgotten')) then
  return { 'lost', revision }
end
local found = redis.call('XRANGE', changes, text(after + 1), '+', 'COUNT', ARGV[5])
local first = found[1] and tonumber(string.match(found[1][1], '^%d+'))
if after < tonumber(revision) and first ~= after + 1 then return { 'lost', revision } end
local answer = { 'changes', revision }
for at, item in ipairs(found) do
  local id, fields = string.match(item[1], '^%d+'), item[2]
  if at == tonumber(ARGV[5]) then answer[2] = id end
  local matters = ARGV[6] == nil
  for prefix = 6, #ARGV do
    matters = matters or string.sub(fields[4], 1, #ARGV[prefix]) == ARGV[prefix]
  end
  if matters then
    for _, part in ipairs({ fields[2], id, fields[4], fields[6] }) do answer[#answer + 1] = part end
  end
end
return answer
`),
} as const;
