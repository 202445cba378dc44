#pragma once
// Counts what a test program takes from the heap. Replaces operator new for the whole program, so it is
// included in one of its files.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace counted_heap {

inline std::atomic<std::size_t> allocations = 0;
inline std::atomic<std::ptrdiff_t> bytes_held = 0;

/// With malloc's own word.
inline std::ptrdiff_t weight(void* p) {
  return p == nullptr ? 0 : static_cast<std::ptrdiff_t>(malloc_usable_size(p) + sizeof(void*));
}

inline void* take(std::size_t size) {
  void* const p = std::malloc(size);
  if (p == nullptr) {
    throw std::bad_alloc();
  }
  ++allocations;
  bytes_held += weight(p);
  return p;
}

inline void give_back(void* p) {
  bytes_held -= weight(p);
  std::free(p);
}

}  // namespace counted_heap

void* operator new(std::size_t size) {
  return counted_heap::take(size);
}
void* operator new[](std::size_t size) {
  return counted_heap::take(size);
}
void operator delete(void* p) noexcept {
  counted_heap::give_back(p);
}
void operator delete[](void* p) noexcept {
  counted_heap::give_back(p);
}
void operator delete(void* p, std::size_t) noexcept {
  counted_heap::give_back(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  counted_heap::give_back(p);
}
