#include "proto/golden.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>

namespace {

using golden::field;
using golden::json::object;
using golden::json::value;
using shoal::as_bytes;
using shoal::ip_address;
using std::string;
using namespace shoal::announce;

const golden::file& vectors() {
  static const golden::file file("http_tracker.json");
  return file;
}

errc error_named(const string& name) {
  static const std::map<string, errc> names{{"not_bencoded", errc::not_bencoded},
                                            {"bad_reply", errc::bad_reply},
                                            {"bad_query", errc::bad_query},
                                            {"missing_info_hash", errc::missing_info_hash},
                                            {"missing_peer_id", errc::missing_peer_id},
                                            {"missing_port", errc::missing_port},
                                            {"refused", errc::refused}};
  return names.at(name);
}

template <class Fixed>
Fixed fixed(const value& digits) {
  const auto bytes = golden::unhex(digits);
  return Fixed::from(as_bytes(bytes)).value();
}

template <class Integer>
void read_number(const object& from, std::string_view name, Integer& to) {
  if (const auto* const v = field(from, name)) {
    to = v->to_number<Integer>();
  }
}
template <class Integer>
void read_number(const object& from, std::string_view name, std::optional<Integer>& to) {
  if (const auto* const v = field(from, name)) {
    to = v->to_number<Integer>();
  }
}
void read_text(const object& from, std::string_view name, string& to) {
  if (const auto* const v = field(from, name)) {
    to = golden::text_of(*v);
  }
}
void read_flag(const object& from, std::string_view name, bool& to) {
  if (const auto* const v = field(from, name)) {
    to = v->as_bool();
  }
}
void read_address(const object& from, std::string_view name, std::optional<ip_address>& to) {
  if (const auto* const v = field(from, name)) {
    to = ip_address::parse(golden::text_of(*v)).value();
  }
}

announce_request request_of(const object& v) {
  announce_request r;
  r.info_hash = fixed<shoal::sha1_digest>(v.at("info_hash"));
  r.peer_id = fixed<shoal::peer_id>(v.at("peer_id"));
  read_number(v, "port", r.port);
  read_number(v, "uploaded", r.uploaded);
  read_number(v, "downloaded", r.downloaded);
  read_number(v, "left", r.left);
  string name;
  read_text(v, "event", name);
  for (const event e : {event::none, event::started, event::completed, event::stopped, event::paused}) {
    if (to_string(e) == name) {
      r.event = e;
    }
  }
  read_number(v, "num_want", r.num_want);
  read_number(v, "key", r.key);
  read_text(v, "tracker_id", r.tracker_id);
  read_flag(v, "compact", r.compact);
  read_flag(v, "no_peer_id", r.no_peer_id);
  read_address(v, "ip", r.ip);
  read_address(v, "ipv4", r.ipv4);
  read_address(v, "ipv6", r.ipv6);
  return r;
}

announce_response response_of(const object& v) {
  announce_response r;
  read_number(v, "interval_s", r.interval_s);
  read_number(v, "min_interval_s", r.min_interval_s);
  read_text(v, "tracker_id", r.tracker_id);
  read_number(v, "complete", r.complete);
  read_number(v, "incomplete", r.incomplete);
  read_address(v, "external_ip", r.external_ip);
  read_text(v, "warning", r.warning);
  read_text(v, "failure_reason", r.failure_reason);
  read_number(v, "retry_in_s", r.retry_in_s);
  if (const auto* const peers = field(v, "peers")) {
    for (const auto& entry : peers->as_array()) {
      announced_peer p;
      p.endpoint = shoal::endpoint::parse(golden::text_of(entry.at("endpoint"))).value();
      if (const auto* const id = field(entry.as_object(), "id")) {
        p.id = fixed<shoal::peer_id>(*id);
      }
      r.peers.push_back(p);
    }
  }
  return r;
}

std::vector<scrape_entry> entries_of(const value& v) {
  std::vector<scrape_entry> entries;
  for (const auto& item : v.as_array()) {
    scrape_entry e;
    e.info_hash = fixed<shoal::sha1_digest>(item.at("info_hash"));
    read_number(item.as_object(), "complete", e.complete);
    read_number(item.as_object(), "downloaded", e.downloaded);
    read_number(item.as_object(), "incomplete", e.incomplete);
    read_number(item.as_object(), "partial_seeds", e.partial_seeds);
    entries.push_back(e);
  }
  return entries;
}

string query_of(const string& url) {
  const auto mark = url.find('?');
  return mark == string::npos ? string() : url.substr(mark + 1);
}

/// Calls f(head) with every strict head of the vector, each in memory of its own for the sanitizers to watch.
template <class F>
void for_each_head(const string& bytes, F f) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    f(bytes.substr(0, n));
  }
}

}  // namespace

TEST_CASE("every row of the HTTP tracker's table has a vector") {
  vectors().check_rows();
}

TEST_CASE("announce queries are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto text = golden::bytes_of(vector);
        const auto expected = request_of(vector.at("value").as_object());
        const auto parsed = parse_announce_query(text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
        if (golden::is_canonical(vector)) {
          CHECK(query_of(announce_url("http://t/announce", expected)) == text);
        }
        for_each_head(text, [](const string& head) { (void)parse_announce_query(head); });
        CHECK(parse_announce_query(text + "&").value() == expected);
      },
      "announce query");
}

TEST_CASE("announce replies are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto body = golden::bytes_of(vector);
        const auto expected = response_of(vector.at("value").as_object());
        const auto parsed = parse_announce_response(as_bytes(body));
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
        if (golden::is_canonical(vector)) {
          const auto form = golden::text_of(vector.at("form"));
          string out;
          write_announce_response(expected, form == "packed", form == "dictionaries without ids", out);
          CHECK(out == body);
        }
        if (body.ends_with('e')) {
          for_each_head(body, [](const string& head) {
            CHECK(parse_announce_response(as_bytes(head)).error() == errc::not_bencoded);
          });
        }
        const string over = body + 'e';
        CHECK(parse_announce_response(as_bytes(over)).error() == errc::not_bencoded);
      },
      "announce reply");
}

TEST_CASE("scrape queries are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto text = golden::bytes_of(vector);
        std::vector<shoal::sha1_digest> expected;
        for (const auto& digits : vector.at("value").as_array()) {
          expected.push_back(fixed<shoal::sha1_digest>(digits));
        }
        CHECK(parse_scrape_query(text).value() == expected);
        CHECK(query_of(scrape_url("http://t/announce", expected).value()) == text);
        for_each_head(text, [](const string& head) { (void)parse_scrape_query(head); });
      },
      "scrape query");
}

TEST_CASE("scrape replies are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto body = golden::bytes_of(vector);
        const auto expected = entries_of(vector.at("value"));
        const auto parsed = parse_scrape_response(as_bytes(body));
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
        if (golden::is_canonical(vector)) {
          string out;
          write_scrape_response(expected, out);
          CHECK(out == body);
        }
        for_each_head(body, [](const string& head) {
          CHECK(parse_scrape_response(as_bytes(head)).error() == errc::not_bencoded);
        });
        const string over = body + 'e';
        CHECK(parse_scrape_response(as_bytes(over)).error() == errc::not_bencoded);
      },
      "scrape reply");
}

TEST_CASE("the HTTP tracker's bad inputs are refused by name") {
  vectors().for_each_rejected([](const object& vector) {
    const auto bytes = golden::bytes_of(vector);
    const auto message = golden::text_of(vector.at("message"));
    shoal::error e;
    if (message == "announce query") {
      e = parse_announce_query(bytes).error();
    } else if (message == "announce reply") {
      e = parse_announce_response(as_bytes(bytes)).error();
    } else if (message == "scrape query") {
      e = parse_scrape_query(bytes).error();
    } else {
      e = parse_scrape_response(as_bytes(bytes)).error();
    }
    CHECK(e == error_named(golden::text_of(vector.at("error"))));
  });
}
