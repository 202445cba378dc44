#include "server/gzip_writer.hpp"

#include <algorithm>
#include <array>
#include <new>
#define ZLIB_CONST  // input is only read
#include <zlib.h>

#include <boost/beast/core/string.hpp>

namespace shoal::server {

namespace {

constexpr int fastest = 1;
constexpr int window_bits_of_gzip = 15 + 16;
constexpr int memory_level = 8;

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

}  // namespace

struct gzip_writer::state {
  z_stream stream{};
};

gzip_writer::gzip_writer() : state_(std::make_unique<state>()) {
  if (deflateInit2(&state_->stream, fastest, Z_DEFLATED, window_bits_of_gzip, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

gzip_writer::~gzip_writer() {
  deflateEnd(&state_->stream);
}

void gzip_writer::write(std::string_view text, bool last, std::string& out) {
  z_stream& s = state_->stream;
  std::array<unsigned char, 16 * 1024> made{};
  s.next_in = reinterpret_cast<const unsigned char*>(text.data());
  s.avail_in = static_cast<unsigned>(text.size());
  do {
    s.next_out = made.data();
    s.avail_out = static_cast<unsigned>(made.size());
    deflate(&s, last ? Z_FINISH : Z_NO_FLUSH);
    out.append(reinterpret_cast<const char*>(made.data()), made.size() - s.avail_out);
  } while (s.avail_out == 0);
}

bool takes_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const auto end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view one = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const auto mark = std::min(one.find(';'), one.size());
    if (!boost::beast::iequals(trimmed(one.substr(0, mark)), "gzip")) {
      continue;
    }
    const std::string_view weight = trimmed(one.substr(std::min(mark + 1, one.size())));
    // "q=0", with zeros behind it, means no.
    return weight.empty() || weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

}  // namespace shoal::server
