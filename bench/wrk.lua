-- Fills the placeholders of prepared requests (work.py) and prints one line of JSON at the end.
-- Arguments: the folder, the number of variants, the first serial, the number of threads.

local threads = {}

function setup(thread)
   thread:set("id", #threads)
   table.insert(threads, thread)
end

local actors, variants, place, serial, stride = {}, {}, 0, 0, 1

local function split(text)
   local parts, from = {}, 1
   while true do
      local at = text:find("[\1\2\3]", from)
      if not at then
         table.insert(parts, text:sub(from))
         return parts
      end
      table.insert(parts, text:sub(from, at - 1))
      table.insert(parts, text:byte(at))
      from = at + 1
   end
end

function init(args)
   local folder = args[1]
   for line in io.lines(folder .. "/actors") do
      local token, child = line:match("^(.-)\t(.*)$")
      table.insert(actors, { child, token })
   end
   for number = 1, tonumber(args[2]) do
      local file = assert(io.open(folder .. "/variant-" .. number, "rb"))
      table.insert(variants, split(file:read("*a")))
      file:close()
   end
   serial = tonumber(args[3]) + id
   stride = tonumber(args[4])
   place = (serial + math.floor(id * #actors / stride)) % #actors
end

local filled = {}

function request()
   serial = serial + stride
   place = place % #actors + 1
   local actor, parts = actors[place], variants[serial % #variants + 1]
   for at = 1, #parts do
      local part = parts[at]
      if part == 3 then
         part = string.format("%016.0f", serial)
      elseif type(part) == "number" then
         part = actor[part]
      end
      filled[at] = part
   end
   return table.concat(filled, "", 1, #parts)
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\nRESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
