-- Adds events to a stream. KEYS[1]: the stream. ARGV[1]: about how many entries it keeps, 0 for all.
-- Then five for each event: its position, its id, its type, its organization, its text.
-- Answers how many were added; those that were there already are not.
local function add(id, from)
  local call = { 'XADD', KEYS[1] }
  if ARGV[1] ~= '0' then
    for _, word in ipairs({ 'MAXLEN', '~', ARGV[1] }) do call[#call + 1] = word end
  end
  for _, word in ipairs({
    id, 'id', ARGV[from + 1], 'type', ARGV[from + 2], 'organization_id', ARGV[from + 3],
    'position', ARGV[from], 'event', ARGV[from + 4],
  }) do call[#call + 1] = word end
  return redis.pcall(unpack(call))
end

local added = 0
for from = 2, #ARGV, 5 do
  local id = ARGV[from] .. '-0'
  local done = add(id, from)
  if type(done) == 'table' and done.err then
    local there = redis.call('XRANGE', KEYS[1], id, id)
    if not (there[1] and there[1][2][2] == ARGV[from + 1]) then
      -- The stream is ahead of the feed: the database was restored. It goes behind what is there.
      local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
      if not last[1] then return done end
      local ms, seq = string.match(last[1][1], '^(%d+)-(%d+)$')
      done = add(ms .. '-' .. string.format('%d', tonumber(seq) + 1), from)
      if type(done) == 'table' and done.err then return done end
      added = added + 1
    end
  else
    added = added + 1
  end
end
return added
