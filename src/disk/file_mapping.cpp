#include <cerrno>
#include <csignal>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <shoal/disk/file_mapping.hpp>

namespace shoal::disk {

struct file_mapping::region {
  region(void* first, std::size_t size) : begin(static_cast<std::byte*>(first)), length(size) {
    next = mapped_here;
    mapped_here = this;
  }
  ~region() {
    for (region** link = &mapped_here; *link != nullptr; link = &(*link)->next) {
      if (*link == this) {
        *link = next;
        break;
      }
    }
    ::munmap(begin, length);
  }
  region(const region&) = delete;
  region& operator=(const region&) = delete;

  static void on_bus_error(int number, siginfo_t* info, void* context);
  static void watch_for_bus_errors();

  std::byte* const begin;
  const std::size_t length;
  volatile std::sig_atomic_t torn = 0;
  region* next = nullptr;

  /// What this thread has mapped. A bus error comes to the thread that read, and the handler may not allocate
  /// the variable, hence the model.
  [[gnu::tls_model("initial-exec")]] static thread_local constinit region* mapped_here;
  static struct sigaction before;
};

thread_local constinit file_mapping::region* file_mapping::region::mapped_here = nullptr;
struct sigaction file_mapping::region::before{};

/// Calls nothing but what is a plain system call.
void file_mapping::region::on_bus_error(int number, siginfo_t* info, void* context) {
  const auto* const where = static_cast<const std::byte*>(info->si_addr);
  for (region* r = mapped_here; r != nullptr; r = r->next) {
    if (where < r->begin || where >= r->begin + r->length) continue;
    const int errno_before = errno;
    void* const zeros =
        ::mmap(r->begin, r->length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = errno_before;
    if (zeros == MAP_FAILED) break;
    r->torn = 1;
    return;
  }
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(number, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(number);
  ::sigaction(SIGBUS, &before, nullptr);  // the access is repeated, and ends the process as it would have
}

void file_mapping::region::watch_for_bus_errors() {
  static const bool installed = [] {
    struct sigaction ours{};
    ours.sa_sigaction = on_bus_error;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&ours.sa_mask);
    return ::sigaction(SIGBUS, nullptr, &before) == 0 && ::sigaction(SIGBUS, &ours, nullptr) == 0;
  }();
  static_cast<void>(installed);
}

namespace {

/// Whether a read of this byte would not wait for the medium.
bool in_page_cache(int fd, std::uint64_t offset) {
  std::byte one{};
  const iovec place{&one, 1};
  return ::preadv2(fd, &place, 1, static_cast<off_t>(offset), RWF_NOWAIT) == 1;
}

/// Whether pages of it would have to be made when it is mapped: in a file system in memory they would stay.
bool has_holes(int fd) {
  struct stat found{};
  return ::fstat(fd, &found) != 0 || found.st_blocks * 512 < found.st_size;
}

}  // namespace

std::optional<file_mapping> file_mapping::map_cached(int fd, std::uint64_t offset, std::size_t length) {
  if (has_holes(fd) || !in_page_cache(fd, offset) || !in_page_cache(fd, offset + length / 2) ||
      !in_page_cache(fd, offset + length - 1)) {
    return std::nullopt;
  }
  region::watch_for_bus_errors();
  static const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t before = offset % page_bytes;
  const std::size_t mapped = length + before;
  void* const first = ::mmap(nullptr, mapped, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset - before));
  if (first == MAP_FAILED) return std::nullopt;
  auto where = std::make_unique<region>(first, mapped);
  const byte_view bytes(where->begin + before, length);
  return file_mapping(std::move(where), bytes);
}

file_mapping::file_mapping(std::unique_ptr<region> where, byte_view bytes)
    : region_(std::move(where)), bytes_(bytes) {}
file_mapping::file_mapping(file_mapping&&) noexcept = default;
file_mapping& file_mapping::operator=(file_mapping&&) noexcept = default;
file_mapping::~file_mapping() = default;

bool file_mapping::torn() const {
  return region_->torn != 0;
}

}  // namespace shoal::disk
