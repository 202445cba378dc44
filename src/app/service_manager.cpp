#include "app/service_manager.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace shoal::app {

void tell_service_manager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof where.sun_path) return;
  std::strcpy(where.sun_path, path);
  if (*path == '@') where.sun_path[0] = '\0';  // a name without a file
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&where),
         length);
  close(descriptor);
}

std::vector<int> take_inherited_sockets() {
  constexpr int first = 3;  // SD_LISTEN_FDS_START
  constexpr int sockets_max = 64;
  const auto number = [](const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? 0L : std::strtol(text, nullptr, 10);
  };
  std::vector<int> out;
  if (number("LISTEN_PID") == getpid()) {
    const long count = std::min<long>(number("LISTEN_FDS"), sockets_max);
    for (int d = first; d < first + count; ++d) {
      if (fcntl(d, F_SETFD, FD_CLOEXEC) == 0) out.push_back(d);
    }
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    unsetenv(name);
  }
  return out;
}

}  // namespace shoal::app
