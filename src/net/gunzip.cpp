#include "net/gunzip.hpp"

#include <algorithm>
#include <memory>
#include <zlib.h>

#include <shoal/net/http_client.hpp>

namespace shoal::net {

namespace {

constexpr int gzip_only = 16 + MAX_WBITS;  // zlib: 16 more for gzip's header
constexpr std::size_t step_bytes = 16 * 1024;

}  // namespace

result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  if (::inflateInit2(&stream, gzip_only) != Z_OK) {
    return error(asio::error::no_memory);
  }
  const std::unique_ptr<z_stream, decltype(&::inflateEnd)> owner(&stream, ::inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  for (;;) {
    const std::size_t before = out.size();
    out.resize(std::min(before + step_bytes, bytes_max + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(out.size() - before);
    const int verdict = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > bytes_max) {
      return http_errc::body_too_large;
    }
    if (verdict == Z_STREAM_END) {
      return out;
    }
    if (verdict == Z_BUF_ERROR || (verdict == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      return http_errc::incomplete_reply;
    }
    if (verdict != Z_OK) {
      return http_errc::not_http;
    }
  }
}

}  // namespace shoal::net
