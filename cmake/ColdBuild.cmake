# SHOAL_COLD_BUILD: builds from nothing in half the time. The headers of others that most files include are compiled
# once a target, and eight files of the library at a time as one, so that what all instantiate of Asio is compiled once.
# Where ccache serves many work trees, or one file changes at a time, it only gets in the way, so it is off by default.
# Only CI has it: everybody's own build fails where a file forgets an include, and CI's where two files of a module call
# different things by one name. Tests are compiled file by file: each has its own little words.
option(SHOAL_COLD_BUILD "Precompile others' headers and compile several files at once" OFF)

set(shoal_std_headers <algorithm> <array> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <ranges>
  <set> <span> <string> <unordered_map> <variant> <vector>)
set(shoal_net_headers <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/ip/udp.hpp> <boost/asio/steady_timer.hpp> <boost/asio/strand.hpp>
  <boost/asio/use_awaitable.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <boost/json.hpp>)

# shoal_precompile(TARGET HEADER...)
function(shoal_precompile target)
  if(SHOAL_COLD_BUILD)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# shoal_cold_build(TARGET HEADER...): its files are compiled together as well.
function(shoal_cold_build target)
  shoal_precompile(${target} ${ARGN})
  if(SHOAL_COLD_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
