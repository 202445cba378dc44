#pragma once
// Memory for a large swarm: gigabytes in small pieces, touched in no order, so that most of the time goes to
// finding pages. The heap grows in large steps, lists of megabytes stay in it, and it lies on huge pages
// where the system gives them (`madvise` in /sys/kernel/mm/transparent_hugepage/enabled is enough).

#include <cstdint>

namespace shoal::lab {

class roomy_heap {
 public:
  roomy_heap();
  /// To be called now and then while it grows. Only what the main arena has is seen to, so who runs one
  /// simulation in a thread of its own lets the process have no other arena (M_ARENA_MAX).
  void has_grown();

 private:
  std::uintptr_t seen_to_;  // up to there
};

}  // namespace shoal::lab
