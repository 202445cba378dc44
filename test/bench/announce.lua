-- For wrk: announces by HTTP, of torrents that the file names (40 hex digits a line), the first ones most often.
--   wrk -s announce.lua URL -- FILE [close]
local targets = {}
local headers = {}

function init(arguments)
  for line in io.lines(arguments[1]) do
    targets[#targets + 1] = "/announce?info_hash=" .. line:gsub("%x%x", "%%%0")
  end
  if arguments[2] == "close" then
    headers["Connection"] = "close"
  end
  math.randomseed(1)
end

function request()
  local rank = math.floor(math.exp(math.random() * math.log(#targets)))
  local port = math.random(1, 65535)
  local left = math.random() < 0.75 and 0 or 1
  return wrk.format("GET", targets[rank] .. "&peer_id=-XX0001-abcdefghijkl&port=" .. port .. "&uploaded=0&downloaded=0&left="
    .. left .. "&compact=1&numwant=30", headers)
end
