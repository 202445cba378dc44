// What a request shows to be let in: targets, URL data and tokens. Nothing that strangers make up is let in.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <shoal/server/token_keys.hpp>

#include "fuzz/require.hpp"
#include "server/request_target.hpp"

namespace {

using namespace shoal::server;

constexpr std::string_view public_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQvErQDCLQge4FU0FEV7MBznx1abd\n"
    "6sFGCP6X1wD4RPk9o3aSJUphQ/GEd24zuG7P+5o8BpLv7MZJYzrc5M1SRQ==\n"
    "-----END PUBLIC KEY-----\n";

bool is_part(std::string_view part, std::string_view of) {
  return part.empty() || (part.data() >= of.data() && part.data() + part.size() <= of.data() + of.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto keys = token_keys::parse(public_key);
  require(keys.has_value());
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto target = read_target(input);
  require(is_part(target.shown.passkey, input) && target.shown.passkey.find('/') == std::string_view::npos);
  require(is_part(token_in(target.parameters), input));
  const auto shown = read_url_data(input);
  require(is_part(shown.passkey, input) && is_part(shown.token, input));
  require(!keys->check(input, 1000).refusal.empty());
  require(!keys->check(shown.token, 1000).refusal.empty());
  return 0;
}
