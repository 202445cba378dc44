#include "lab/roomy_heap.hpp"

#include <cstdlib>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace shoal::lab {

namespace {

constexpr std::uintptr_t huge_page = 2U << 20;
constexpr int growth_bytes = 1 << 30;  // of addresses, not of memory
constexpr int collapse = 25;           // MADV_COLLAPSE of Linux 6.1, which not every libc names

std::uintptr_t heap_end() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<std::uintptr_t>(::sbrk(0)) & ~(huge_page - 1);
}

}  // namespace

roomy_heap::roomy_heap() : seen_to_(heap_end()) {
  ::mallopt(M_TOP_PAD, growth_bytes);
  ::mallopt(M_TRIM_THRESHOLD, growth_bytes);
  ::mallopt(M_MMAP_MAX, 0);
  void* volatile some = std::malloc(huge_page);  // grows it
  std::free(some);
  has_grown();
}

void roomy_heap::has_grown() {
  const auto end = heap_end();
  if (end > seen_to_) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    void* const from = reinterpret_cast<void*>(seen_to_);
    ::madvise(from, end - seen_to_, MADV_HUGEPAGE);
    ::madvise(from, end - seen_to_, collapse);  // what was touched before; no harm where it fails
  }
  seen_to_ = end;
}

}  // namespace shoal::lab
