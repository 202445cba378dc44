#include <shoal/swarm/action.hpp>

namespace shoal::swarm {

std::string_view to_string(drop_reason r) {
  switch (r) {
    case drop_reason::protocol_violation:
      return "protocol violation";
    case drop_reason::banned:
      return "banned";
    case drop_reason::duplicate:
      return "connected twice";
    case drop_reason::too_many:
      return "too many peers";
    case drop_reason::both_complete:
      return "both complete";
    case drop_reason::silent:
      return "silent for too long";
    case drop_reason::stopping:
      return "stopping";
  }
  return "";
}

}  // namespace shoal::swarm
