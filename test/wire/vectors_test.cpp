// proto/peer_wire.json, replayed: hex to value to hex, on every prefix, with a byte over.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <shoal/base/hex.hpp>
#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/extension.hpp>
#include <shoal/wire/handshake.hpp>

#include "support/source_file.hpp"
#include "wire/message_table.hpp"

namespace json = boost::json;

namespace {

using namespace shoal;
using namespace shoal::wire;

const json::object& golden() {
  static const json::value file = [] {
    std::ifstream in(test::source_file("proto/peer_wire.json"));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return json::parse(text);
  }();
  return file.as_object();
}

std::string text(const json::value& v) {
  return std::string(v.as_string());
}

std::vector<std::byte> bytes(const json::value& hex) {
  return from_hex(text(hex)).value();
}

// A message as the file writes it.

struct to_value {
  byte_view payload;
  json::object out;

  void operator()(const bitfield_bits& m) { out["bits"] = to_hex(m.bits); }
  void operator()(const piece& m) {
    out["piece"] = m.block.piece.value();
    out["begin"] = m.block.begin;
    out["block"] = to_hex(payload);
    CHECK(m.block.length == payload.size());
  }
  void operator()(const port& m) { out["number"] = m.number; }
  void operator()(const extended& m) {
    out["id"] = m.id;
    out["payload"] = to_hex(m.payload);
  }
  void operator()(const unknown& m) { out["id"] = m.id; }
  template <class M>
  void operator()(const M& m) {
    if constexpr (requires { m.block; }) {
      out["piece"] = m.block.piece.value();
      out["begin"] = m.block.begin;
      out["length"] = m.block.length;
    } else if constexpr (requires { m.piece; }) {
      out["piece"] = m.piece.value();
    }
  }
};

json::object value_of(const frame& f) {
  to_value v{f.payload, {}};
  std::visit(v, f.msg);
  return v.out;
}

json::object value_of(const handshake& h) {
  return {{"reserved", to_hex(std::as_bytes(std::span(h.reserved)))},
          {"info_hash", to_hex(h.info_hash.view())},
          {"peer_id", to_hex(h.id.view())}};
}

json::object value_of(const extension_handshake& h) {
  json::object out;
  json::object& m = out["m"].emplace_object();
  for (const auto& [name, id] : h.ids) {
    m[name] = id;
  }
  const auto put = [&out](const char* key, const auto& known) {
    if (known) {
      out[key] = json::value_from(*known);
    }
  };
  put("metadata_size", h.metadata_size);
  put("p", h.listen_port);
  put("reqq", h.requests_max);
  put("v", h.client);
  if (h.upload_only) {
    out["upload_only"] = *h.upload_only;
  }
  if (h.your_address) {
    out["yourip"] = h.your_address->to_string();
  }
  return out;
}

/// Numbers compare by value, whatever their JSON kind.
std::string normal(const json::object& o) {
  return json::serialize(json::parse(json::serialize(o)));
}
bool same(const json::object& a, const json::object& b) {
  return json::parse(normal(a)) == json::parse(normal(b));
}

void replay_frame(const std::vector<std::byte>& in, std::string_view name, const json::object& value,
                  bool canonical) {
  const limits l;
  for (std::size_t n = 0; n < in.size(); ++n) {
    CAPTURE(n);
    frame out;
    std::size_t needed = 0;
    CHECK(decode(byte_view(in).first(n), l, out, &needed).value() == 0);
    CHECK(needed == (n < 4 ? 4 : in.size()));
  }
  for (const std::size_t over : {0U, 1U}) {
    CAPTURE(over);
    auto longer = in;
    longer.resize(in.size() + over, std::byte{0xff});
    frame out;
    REQUIRE(decode(longer, l, out).value() == in.size());
    CHECK(name_of(out.msg) == name);
    CHECK(same(value_of(out), value));
    if (canonical) {
      std::vector<std::byte> again{std::byte{0x55}};
      encode(out.msg, again);
      again.insert(again.end(), out.payload.begin(), out.payload.end());
      again.erase(again.begin());
      CHECK(to_hex(again) == to_hex(in));
    }
  }
}

void replay_handshake(const std::vector<std::byte>& in, const json::object& value) {
  for (std::size_t n = 0; n < in.size(); ++n) {
    CAPTURE(n);
    CHECK(decode_handshake(byte_view(in).first(n)).error() == wire::errc::bad_length);
  }
  auto longer = in;
  longer.push_back(std::byte{0xff});
  for (const byte_view whole : {byte_view(in), byte_view(longer)}) {
    const auto h = decode_handshake(whole);
    REQUIRE(h.has_value());
    CHECK(same(value_of(*h), value));
    CHECK(to_hex(encode(*h)) == to_hex(in));
  }
}

void replay_extension_handshake(const std::vector<std::byte>& in, const json::object& value, bool canonical) {
  const auto h = decode_extension_handshake(in);
  REQUIRE(h.has_value());
  CHECK(same(value_of(*h), value));
  const auto again = encode(*h);
  CHECK(decode_extension_handshake(again).value() == *h);
  if (!canonical) {
    return;
  }
  CHECK(to_hex(again) == to_hex(in));
  for (std::size_t n = 0; n < in.size(); ++n) {
    CAPTURE(n);
    CHECK(decode_extension_handshake(byte_view(in).first(n)).error() == bencode::errc::truncated);
  }
  auto longer = in;
  longer.push_back(std::byte{0xff});
  CHECK(decode_extension_handshake(longer).value() == *h);
}

error error_named(std::string_view name) {
  const std::map<std::string_view, error> names{
      {"frame_too_long", wire::errc::frame_too_long},
      {"bad_length", wire::errc::bad_length},
      {"bad_protocol", wire::errc::bad_protocol},
      {"bad_extension_handshake", wire::errc::bad_extension_handshake},
      {"truncated", bencode::errc::truncated},
      {"too_deep", bencode::errc::too_deep},
  };
  return names.at(name);
}

}  // namespace

TEST_CASE("every golden vector decodes to its value and back, and no prefix does") {
  for (const auto& v : golden().at("vectors").as_array()) {
    const auto& row = v.as_object();
    const std::string name = text(row.at("name"));
    CAPTURE(name);
    const auto& value = row.at("value").as_object();
    const std::string message = text(row.at("message"));
    const bool canonical = !row.contains("canonical");
    if (message == "handshake") {
      replay_handshake(bytes(row.at("hex")), value);
    } else if (message == "extension handshake") {
      replay_extension_handshake(bytes(row.at("hex")), value, canonical);
    } else {
      replay_frame(bytes(row.at("hex")), message, value, canonical);
    }
  }
}

TEST_CASE("every golden reject gives its error, and not before its byte") {
  for (const auto& v : golden().at("rejected").as_array()) {
    const auto& row = v.as_object();
    const std::string name = text(row.at("name"));
    CAPTURE(name);
    const auto in = bytes(row.at("hex"));
    const auto at = row.at("at").to_number<std::size_t>();
    REQUIRE(at <= in.size());
    const error expected = error_named(text(row.at("error")));
    const std::string as = text(row.at("message"));
    for (std::size_t n = 0; n <= in.size(); ++n) {
      CAPTURE(n);
      const byte_view head = byte_view(in).first(n);
      if (as == "frame") {
        frame out;
        CHECK(decode(head, limits{}, out).error() == (n < at ? error{} : expected));
      } else if (as == "handshake") {
        CHECK(decode_handshake(head).error() ==
              (n < at ? make_error_code(wire::errc::bad_length) : expected));
      } else if (n >= at) {
        CHECK(decode_extension_handshake(head).error() == expected);
      }
    }
    CHECK_FALSE(expected.message().empty());
  }
}

TEST_CASE("each row of the table has a vector, and is what the codec knows") {
  std::set<std::string> shown;
  for (const auto& v : golden().at("vectors").as_array()) {
    for (const auto& row : v.at("rows").as_array()) {
      shown.insert(text(row));
    }
  }
  for (const auto& v : golden().at("rejected").as_array()) {
    shown.insert(text(v.at("error")));
  }
  std::set<std::string> rows;
  std::map<std::string, int> ids;
  for (const auto& v : golden().at("rows").as_array()) {
    const auto& row = v.as_object();
    const std::string name = text(row.at("name"));
    CAPTURE(name);
    rows.insert(name);
    CHECK_FALSE(text(row.at("is")).empty());
    if (row.contains("id")) {
      ids[name] = row.at("id").to_number<int>();
      CHECK(row.at("bep").is_int64());
    }
  }
  CHECK(shown == rows);
  std::map<std::string, int> known;
  for (const auto& row : message_rows) {
    known.emplace(row.name, row.id);
  }
  CHECK(ids == known);

  const auto& l = golden().at("limits").as_object();
  CHECK(l.at("block_bytes_max").to_number<std::uint32_t>() == limits{}.block_bytes_max);
  CHECK(l.at("bitfield_bytes_max").to_number<std::uint32_t>() == limits{}.bitfield_bytes_max);
  CHECK(l.at("extended_bytes_max").to_number<std::uint32_t>() == limits{}.extended_bytes_max);
  CHECK(l.at("unknown_bytes_max").to_number<std::uint32_t>() == limits{}.unknown_bytes_max);
}

TEST_CASE("every unknown id is skipped whole, and refused when it is long") {
  int unknown_ids = 0;
  for (unsigned id = 0; id < 256; ++id) {
    CAPTURE(id);
    if (find_row(static_cast<std::uint8_t>(id)) != nullptr) {
      continue;
    }
    ++unknown_ids;
    for (const std::uint32_t length : {1U, 2U, 13U, limits{}.unknown_bytes_max}) {
      std::vector<std::byte> in;
      byte_writer w(in);
      w.u32(length);
      w.u8(static_cast<std::uint8_t>(id));
      in.resize(4 + length + 3);
      frame out;
      CHECK(decode(in, limits{}, out).value() == 4 + length);
      CHECK(out.msg == message(unknown{static_cast<std::uint8_t>(id)}));
      CHECK(out.payload.empty());
    }
    std::vector<std::byte> in;
    byte_writer w(in);
    w.u32(limits{}.unknown_bytes_max + 1);
    w.u8(static_cast<std::uint8_t>(id));
    frame out;
    CHECK(decode(in, limits{}, out).error() == wire::errc::frame_too_long);
  }
  CHECK(unknown_ids == 256 - static_cast<int>(message_rows.size()));
}

TEST_CASE("messages one after another come out one by one") {
  std::vector<std::byte> in;
  std::vector<json::object> expected;
  for (const auto& v : golden().at("vectors").as_array()) {
    const std::string message = text(v.at("message"));
    if (message != "handshake" && message != "extension handshake") {
      const auto more = bytes(v.at("hex"));
      in.insert(in.end(), more.begin(), more.end());
      expected.push_back(v.at("value").as_object());
    }
  }
  byte_view rest = in;
  frame out;  // one for all, so that nothing of one shows in the next
  for (const auto& value : expected) {
    const auto n = decode(rest, limits{}, out);
    REQUIRE(n.value() > 0);
    CHECK(same(value_of(out), value));
    rest = rest.subspan(*n);
  }
  CHECK(rest.empty());
}

TEST_CASE("a hostile extension handshake is not kept beyond its bounds") {
  std::string in = "d1:md";
  for (int i = 100; i < 300; ++i) {
    in += "4:x" + std::to_string(i) + "i1e";
  }
  in += "100:" + std::string(100, 'y') + "i1e";
  in += "ee";
  const auto h = decode_extension_handshake(as_bytes(in));
  REQUIRE(h.has_value());
  CHECK(h->ids.size() == 64);
}
