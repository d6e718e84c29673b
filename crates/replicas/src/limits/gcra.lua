-- One step of GCRA; `gcra.rs` does the same, and a property test compares the two.
-- KEYS[1]: the time, in microseconds, at which the budget is full again; no key when it is full.
-- ARGV: cells per second, window in microseconds, least and most cells to take.
-- Gives cells taken, microseconds to wait, cells left, microseconds until full.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local rate, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local least, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = tonumber(redis.call('GET', KEYS[1])) or now
full_at = math.min(math.max(full_at, now), now + window)
local slack = now + window - full_at
local affordable = math.floor(slack * rate / 1000000)
if affordable < least then
    return { 0, math.ceil(least * 1000000 / rate) - slack, affordable, full_at - now }
end
local cells = math.min(affordable, most)
full_at = full_at + math.ceil(cells * 1000000 / rate)
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return { cells, 0, math.floor((now + window - full_at) * rate / 1000000), full_at - now }
