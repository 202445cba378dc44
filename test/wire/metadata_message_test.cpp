// proto/metadata_exchange.json, replayed both ways.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/extension.hpp>
#include <shoal/wire/metadata_message.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::wire;
using kind = metadata_message::kind;

const golden::file& vectors() {
  static const golden::file it("metadata_exchange.json");
  return it;
}

std::string_view name_of(kind k) {
  constexpr std::string_view names[] = {"request", "data", "reject", "other"};
  return names[static_cast<std::size_t>(k)];
}

}  // namespace

TEST_CASE("every golden metadata message is read and written") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    const auto frame = decode_metadata_message(as_bytes(text));
    REQUIRE(frame.has_value());
    const auto& value = vector.at("value").as_object();
    CHECK(name_of(frame->msg.what) == golden::text_of(value.at("type")));
    CHECK(frame->msg.part == value.at("part").to_number<std::uint32_t>());
    const bool is_data = frame->msg.what == kind::data;
    CHECK(is_data == value.contains("data"));
    if (is_data) {
      CHECK(frame->msg.total_size == value.at("total_size").to_number<std::uint64_t>());
      CHECK(as_text(frame->data) == golden::unhex(value.at("data")));
    }
    if (!golden::is_canonical(vector)) {
      return;
    }
    const auto again = encode(frame->msg, frame->data);
    CHECK(as_text(again) == text);
    for (std::size_t n = 0; n < text.size() - frame->data.size(); ++n) {
      CAPTURE(n);
      CHECK(decode_metadata_message(as_bytes(text).first(n)).error() == bencode::errc::truncated);
    }
    const auto over = text + "x";
    CHECK(decode_metadata_message(as_bytes(over))->msg == frame->msg);
  });
}

TEST_CASE("every golden metadata message that is none is refused by name") {
  const std::map<std::string_view, error> errors{
      {"truncated", bencode::errc::truncated},
      {"too_deep", bencode::errc::too_deep},
      {"bad_extension_message", wire::errc::bad_extension_message}};
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    const auto frame = decode_metadata_message(as_bytes(text));
    REQUIRE(frame.has_error());
    CHECK(frame.error() == errors.at(golden::text_of(vector.at("error"))));
    CHECK_FALSE(frame.error().message().empty());
  });
}

TEST_CASE("an extension whose id collides with another's counts as switched off") {
  extension_handshake h;
  h.ids = {{"ut_metadata", 3}, {"ut_pex", 3}, {"lt_donthave", 7}, {"off", 0}, {"off too", 0}};
  CHECK(h.id_of("ut_metadata") == 0);
  CHECK(h.id_of("ut_pex") == 0);
  CHECK(h.id_of("lt_donthave") == 7);
  CHECK(h.id_of("off") == 0);
  CHECK_FALSE(h.id_of("unheard of"));
}
