// Load for a UDP tracker (BEP 15): so many requests in flight, or so many a second, of a mix of connects,
// announces and scrapes; every reply is matched to its request. One line of JSON says what came back and how
// soon.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <shoal/announce/udp.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/net/asio.hpp>

#include "latencies.hpp"
#include "population.hpp"

namespace {

using namespace shoal;
namespace asio = boost::asio;
namespace udp = announce::udp;

struct options {
  std::string target;
  bench::population people;
  std::vector<unsigned> mix{50, 50, 1};  // connects, announces, scrapes
  std::uint32_t window = 16;
  double seconds = 5;
  double rate = 0;  ///< requests a second; 0 for as many as the window lets through
  bool load = false;
  std::string write_whitelist;
};

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

constexpr std::uint64_t lost_after_ns = 1'000'000'000;
constexpr std::size_t batch_max = 64;

class load {
 public:
  explicit load(const options& o) : options_(o), chance_(o.load ? 1 : 2), flights_(o.window) {
    const auto at = endpoint::parse(o.target);
    if (!at) {
      throw std::runtime_error("no address and port: " + o.target);
    }
    for (std::uint32_t i = 0; i < o.people.addresses; ++i) {
      auto& s = sources_.emplace_back(asio::ip::udp::socket(context_));
      s.socket.open(asio::ip::udp::v4());
      s.socket.set_option(asio::socket_base::receive_buffer_size(4 << 20));
      s.socket.bind({asio::ip::address_v4(0x7f000100U + i), 0});
      s.socket.connect({net::to_asio(at->address), at->port});
      polled_.push_back({s.socket.native_handle(), POLLIN, 0});
    }
    for (std::uint32_t i = 0; i < o.window; ++i) {
      idle_.push_back(i);
    }
    next_id_ = 1;
  }

  void run() {
    connect_all();
    const std::uint64_t start = now_ns();
    const auto end = start + static_cast<std::uint64_t>(options_.seconds * 1e9);
    started_ns_ = start;
    while (options_.load ? asked_ < options_.people.peers || idle_.size() < flights_.size()
                         : now_ns() < end) {
      send_some();
      receive_some();
      look_for_lost();
    }
    const double took = static_cast<double>(now_ns() - start) / 1e9;
    std::printf(
        "{\"seconds\": %.3f, \"replies\": %llu, \"lost\": %llu, \"errors\": %llu, \"peers_told\": %llu, "
        "\"p50_us\": %.0f, \"p99_us\": %.0f, \"p999_us\": %.0f, \"max_us\": %.0f}\n",
        took, count(replies_), count(lost_), count(errors_), count(peers_told_), times_.quantile_us(0.5),
        times_.quantile_us(0.99), times_.quantile_us(0.999), times_.max_us());
  }

 private:
  struct source {
    explicit source(asio::ip::udp::socket s) : socket(std::move(s)) {}
    asio::ip::udp::socket socket;
    std::uint64_t connection_id = 0;
    std::uint64_t connected_at = 0;
    std::vector<std::vector<std::byte>> outgoing;
  };
  struct flight {
    std::uint32_t id = 0;  ///< transaction
    std::uint32_t source = 0;
    std::uint64_t sent_at = 0;
    bool open = false;
  };

  static unsigned long long count(std::uint64_t n) { return n; }

  void connect_all() {
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
      for (int tries = 0; sources_[i].connection_id == 0 && tries < 100; ++tries) {
        put(i, [&](std::uint32_t id) { return udp::connect_datagram(id); });
        flush();
        for (int waits = 0; idle_.size() < flights_.size() && waits < 100; ++waits) {
          poll(polled_.data(), polled_.size(), 10);
          receive_some();
        }
        look_for_lost();
      }
    }
    replies_ = 0;
    times_ = {};
  }

  /// Takes a free flight for the datagram that `make(transaction id)` gives.
  template <class Make>
  void put(std::uint32_t from, Make make) {
    if (idle_.empty()) {
      return;
    }
    const std::uint32_t place = idle_.back();
    idle_.pop_back();
    flight& f = flights_[place];
    f = {next_id_ * static_cast<std::uint32_t>(flights_.size()) + place, from, now_ns(), true};
    ++next_id_;
    sources_[from].outgoing.push_back(make(f.id));
  }

  void send_some() {
    std::size_t wanted = std::min(idle_.size(), batch_max);
    if (options_.rate > 0) {
      const double due = options_.rate * static_cast<double>(now_ns() - started_ns_) / 1e9;
      wanted = std::min(wanted, static_cast<std::size_t>(std::max(0.0, due - static_cast<double>(asked_))));
    }
    if (options_.load) {
      wanted = std::min(wanted, static_cast<std::size_t>(options_.people.peers - asked_));
    }
    for (std::size_t i = 0; i < wanted; ++i) {
      ask();
    }
    flush();
  }

  void ask() {
    const std::uint64_t number = asked_++;
    const unsigned all = options_.mix[0] + options_.mix[1] + options_.mix[2];
    const auto draw = options_.load ? options_.mix[0] : static_cast<unsigned>(chance_.below(all));
    std::uint32_t from = 0;
    const auto r =
        options_.people.announce_of(options_.load ? number : chance_.below(options_.people.peers), from);
    source& s = sources_[from];
    const bool is_old = now_ns() - s.connected_at > 50'000'000'000;
    if (draw < options_.mix[0] || is_old) {
      put(from, [&](std::uint32_t id) { return udp::connect_datagram(id); });
    } else if (draw < options_.mix[0] + options_.mix[1]) {
      put(from, [&](std::uint32_t id) { return udp::announce_datagram(s.connection_id, id, r); });
    } else {
      put(from, [&](std::uint32_t id) {
        return udp::scrape_datagram(s.connection_id, id, std::vector<sha1_digest>{r.info_hash});
      });
    }
  }

  void flush() {
    std::array<mmsghdr, batch_max> headers{};
    std::array<iovec, batch_max> pieces{};
    for (source& s : sources_) {
      for (std::size_t done = 0; done < s.outgoing.size();) {
        const std::size_t n = std::min(s.outgoing.size() - done, batch_max);
        for (std::size_t i = 0; i < n; ++i) {
          pieces[i] = {s.outgoing[done + i].data(), s.outgoing[done + i].size()};
          headers[i] = {};
          headers[i].msg_hdr.msg_iov = &pieces[i];
          headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(s.socket.native_handle(), headers.data(), static_cast<unsigned>(n), 0);
        done += sent > 0 ? static_cast<std::size_t>(sent) : 1;
      }
      s.outgoing.clear();
    }
  }

  void receive_some() {
    if (poll(polled_.data(), polled_.size(), options_.rate > 0 ? 0 : 1) <= 0) {
      return;
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if ((polled_[i].revents & POLLIN) != 0) {
        receive_from(sources_[i]);
      }
    }
  }

  void receive_from(source& s) {
    std::array<mmsghdr, batch_max> headers{};
    std::array<iovec, batch_max> pieces{};
    for (std::size_t i = 0; i < batch_max; ++i) {
      pieces[i] = {room_[i].data(), room_[i].size()};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int received = recvmmsg(s.socket.native_handle(), headers.data(), batch_max, MSG_DONTWAIT, nullptr);
    const std::uint64_t now = now_ns();
    for (int i = 0; i < received; ++i) {
      const auto n = static_cast<std::size_t>(i);
      take(s, byte_view(room_[n]).first(headers[n].msg_len), now);
    }
  }

  /// A cheap look at the heads: this must cost less than the server does.
  void take(source& s, byte_view datagram, std::uint64_t now) {
    byte_reader in(datagram);
    const std::uint32_t what = in.u32();
    const std::uint32_t id = in.u32();
    flight& f = flights_[id % flights_.size()];
    if (in.failed() || !f.open || f.id != id) {
      return;  // late
    }
    f.open = false;
    idle_.push_back(static_cast<std::uint32_t>(id % flights_.size()));
    ++replies_;
    times_.add(now - f.sent_at);
    if (what == 0) {
      s.connection_id = in.u64();
      s.connected_at = now;
    } else if (what == 1 && datagram.size() >= udp::announce_reply_head_bytes) {
      peers_told_ += (datagram.size() - udp::announce_reply_head_bytes) / 6;
    } else if (what == 3) {
      ++errors_;
    }
  }

  void look_for_lost() {
    const std::uint64_t now = now_ns();
    if (now - looked_at_ < lost_after_ns / 10) {
      return;
    }
    looked_at_ = now;
    for (std::uint32_t i = 0; i < flights_.size(); ++i) {
      if (flights_[i].open && now - flights_[i].sent_at > lost_after_ns) {
        flights_[i].open = false;
        idle_.push_back(i);
        ++lost_;
      }
    }
  }

  const options& options_;
  rng chance_;
  asio::io_context context_;
  std::vector<source> sources_;
  std::vector<pollfd> polled_;
  std::vector<flight> flights_;
  std::vector<std::uint32_t> idle_;
  std::uint32_t next_id_ = 0;
  std::uint64_t asked_ = 0, replies_ = 0, lost_ = 0, errors_ = 0, peers_told_ = 0;
  std::uint64_t started_ns_ = 0, looked_at_ = 0;
  bench::latencies times_;
  std::array<std::array<std::byte, 2048>, batch_max> room_{};
};

void write_whitelist(const options& o) {
  std::FILE* const file = std::fopen(o.write_whitelist.c_str(), "w");
  if (file == nullptr) {
    throw std::runtime_error("cannot write " + o.write_whitelist);
  }
  for (std::uint64_t t = 0; t < o.people.torrents; ++t) {
    for (const std::byte b : bench::population::hash_of(t).bytes) {
      std::fprintf(file, "%02x", std::to_integer<unsigned>(b));
    }
    std::fputc('\n', file);
  }
  std::fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app("Load for a UDP tracker");
  app.add_option("target", o.target, "ADDR:PORT, IPv4");
  app.add_option("--torrents", o.people.torrents);
  app.add_option("--peers", o.people.peers);
  app.add_option("--want", o.people.num_want);
  app.add_option("--seeders", o.people.seeders, "Share of the peers");
  app.add_flag("--zipf", o.people.zipf, "Torrents by rank instead of all alike");
  app.add_option("--mix", o.mix, "Connects, announces, scrapes")->expected(3);
  app.add_option("--window", o.window, "Requests in flight");
  app.add_option("--seconds", o.seconds);
  app.add_option("--rate", o.rate, "Requests a second, if the window allows");
  app.add_flag("--load", o.load, "Announce every peer once, and end");
  app.add_option("--write-whitelist", o.write_whitelist, "Write the info-hashes to this file, and end");
  CLI11_PARSE(app, argc, argv);
  try {
    if (!o.write_whitelist.empty()) {
      write_whitelist(o);
    } else {
      load(o).run();
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tracker_load: %s\n", e.what());
    return 1;
  }
}
