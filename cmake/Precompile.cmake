# SHOAL_PRECOMPILE: the headers of others that most files include, compiled once a target. It takes a second off every
# file where nothing is cached; where ccache serves many work trees it only gets in the way, so it is off by default.
# Only CI has it: everybody's own build fails where a file forgets an include.
option(SHOAL_PRECOMPILE "Precompile the standard library's and Boost's headers" OFF)

set(shoal_std_headers <algorithm> <array> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <ranges>
  <set> <span> <string> <unordered_map> <variant> <vector>)
set(shoal_net_headers <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/ip/udp.hpp> <boost/asio/steady_timer.hpp> <boost/asio/strand.hpp>
  <boost/asio/use_awaitable.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <boost/json.hpp>)

# shoal_precompile(TARGET HEADER...)
function(shoal_precompile target)
  if(SHOAL_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
