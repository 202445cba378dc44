#pragma once
// What a request is after: the path and query of an HTTP request, or of the URL behind a UDP announce (BEP
// 41).

#include <cstdint>
#include <string_view>

namespace shoal::server {

/// What an asker shows to be let in. Secrets: they stay out of logs and pages.
struct credentials {
  std::string_view passkey;  ///< the path's first part, as in `/PASSKEY/announce`; it may be a token too
  std::string_view token;    ///< the query's `jwt`
};

enum class resource : std::uint8_t { announce, scrape, page };

struct request_target {
  resource what = resource::page;
  std::string_view path;        ///< all of it
  std::string_view parameters;  ///< the query, without its mark
  credentials shown;            ///< without the token, which `token_in` finds
};

/// Views of `target`. `/announce` and `/scrape` may have one part before them; all else is a page.
request_target read_target(std::string_view target);
/// The query's `jwt`; empty when there is none. A walk through all parameters.
std::string_view token_in(std::string_view parameters);
/// All that is shown in BEP 41's URL data, in whose path the last part may be missing.
credentials read_url_data(std::string_view url_data);

}  // namespace shoal::server
