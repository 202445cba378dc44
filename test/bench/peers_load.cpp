// Load for a seeder: so many peers connected to one torrent (BEP 3), of whom some are active: interested, and
// asking for blocks of pieces by chance, so many ahead. Nothing is kept of what comes. One line of JSON says
// how much that was, and how long it took from when all were connected.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <shoal/base/bytes.hpp>
#include <shoal/base/hex.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/net/asio.hpp>

namespace {

using namespace shoal;
namespace asio = boost::asio;
using asio::ip::tcp;

struct options {
  std::string target;
  std::string info_hash;
  std::uint32_t pieces = 1;
  std::uint32_t piece_length = 1 << 20;
  std::uint32_t connections = 1;
  std::uint32_t active = 1;
  std::uint32_t ahead = 256;  ///< blocks asked for and not come, a peer
  std::uint64_t mib = 1024;   ///< to fetch, all together
};

constexpr std::uint32_t block = 16384;
constexpr std::size_t frame_max = 1 << 20;
enum : std::uint8_t { unchoke = 1, interested = 2, request = 6, piece = 7 };

class peer {
 public:
  peer(asio::io_context& context, const options& o, std::uint32_t number)
      : options_(o), active_(number < o.active), chance_(number + 1), socket_(context) {
    const auto at = endpoint::parse(o.target).value();
    socket_.open(tcp::v4());
    socket_.bind({asio::ip::address_v4(0x7f010001U + number), 0});
    socket_.connect({net::to_asio(at.address), at.port});
    socket_.set_option(tcp::no_delay(true));
    std::string hello =
        "\x13"
        "BitTorrent protocol" +
        std::string(8, '\0');
    const auto hash = from_hex(o.info_hash).value();
    hello.append(as_text(hash)).append("-LD0000-");
    for (int i = 0; i < 12; ++i)
      hello.push_back(static_cast<char>('a' + chance_.below(26)));
    if (active_) hello.append({0, 0, 0, 1, interested});
    asio::write(socket_, asio::buffer(hello));
    std::array<char, 68> theirs{};
    asio::read(socket_, asio::buffer(theirs));
    socket_.non_blocking(true);
  }

  int handle() { return socket_.native_handle(); }

  /// What came since it was asked last is taken; the bytes of blocks in it.
  std::uint64_t take() {
    std::uint64_t got = 0;
    for (;;) {
      const auto n = ::recv(handle(), room().data() + kept_, room().size() - kept_, 0);
      if (n == 0) throw std::runtime_error("the seeder closed a connection");
      if (n < 0 && errno == EAGAIN) break;
      if (n < 0) throw std::system_error(errno, std::generic_category(), "a connection broke");
      got += frames(byte_view(room()).first(kept_ + static_cast<std::size_t>(n)));
    }
    top_up();
    return got;
  }

 private:
  /// Shared: nothing is kept in it but the beginning of a head.
  static std::vector<std::byte>& room() {
    static std::vector<std::byte> it(frame_max);
    return it;
  }

  /// Heads are looked at, payload is passed over.
  std::uint64_t frames(byte_view in) {
    std::uint64_t got = 0;
    while (true) {
      const auto passed = std::min<std::size_t>(to_pass_, in.size());
      to_pass_ -= passed;
      in = in.subspan(passed);
      if (in.size() < 5) break;
      byte_reader head(in);
      const std::uint32_t length = head.u32();
      if (length == 0) {  // keep-alive
        in = in.subspan(4);
        continue;
      }
      const std::uint8_t kind = head.u8();
      if (kind == unchoke) unchoked_ = true;
      if (kind == piece) {
        got += length - 9;
        --asked_;
      }
      to_pass_ = std::size_t{4} + length;
    }
    std::ranges::copy(in, room().begin());
    kept_ = in.size();
    return got;
  }

  void top_up() {
    if (!active_ || !unchoked_ || asked_ > options_.ahead * 3 / 4) return;
    std::vector<std::byte> out;
    byte_writer to(out);
    while (asked_ < options_.ahead) {
      if (begin_ >= options_.piece_length) {
        begin_ = 0;
        piece_ = static_cast<std::uint32_t>(chance_.below(options_.pieces));
      }
      to.u32(13);
      to.u8(request);
      to.u32(piece_);
      to.u32(begin_);
      to.u32(block);
      begin_ += block;
      ++asked_;
    }
    socket_.non_blocking(false);
    asio::write(socket_, asio::buffer(out));
    socket_.non_blocking(true);
  }

  const options& options_;
  bool active_;
  rng chance_;
  tcp::socket socket_;
  std::size_t kept_ = 0;
  std::size_t to_pass_ = 0;
  bool unchoked_ = false;
  std::uint32_t asked_ = 0;
  std::uint32_t piece_ = 0;
  std::uint32_t begin_ = 0xffffffff;
};

void run(const options& o) {
  asio::io_context context;
  std::vector<std::unique_ptr<peer>> peers;
  const int polled = ::epoll_create1(0);
  for (std::uint32_t n = 0; n < o.connections; ++n) {
    peers.push_back(std::make_unique<peer>(context, o, n));
    epoll_event wish{EPOLLIN, {.u32 = n}};
    ::epoll_ctl(polled, EPOLL_CTL_ADD, peers.back()->handle(), &wish);
  }
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t wanted = o.mib << 20;
  std::uint64_t got = 0;
  std::array<epoll_event, 256> events{};
  while (got < wanted) {
    const int n = ::epoll_wait(polled, events.data(), events.size(), 10'000);
    if (n == 0) throw std::runtime_error("nothing came for ten seconds");
    for (int i = 0; i < n; ++i)
      got += peers[events[static_cast<std::size_t>(i)].data.u32]->take();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"seconds\": %.3f, \"bytes\": %llu}\n", took.count(), static_cast<unsigned long long>(got));
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app("many peers of one seeder");
  app.add_option("target", o.target)->required();
  app.add_option("--info-hash", o.info_hash)->required();
  app.add_option("--pieces", o.pieces);
  app.add_option("--piece-length", o.piece_length);
  app.add_option("--connections", o.connections);
  app.add_option("--active", o.active);
  app.add_option("--ahead", o.ahead);
  app.add_option("--mib", o.mib);
  CLI11_PARSE(app, argc, argv);
  try {
    run(o);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
