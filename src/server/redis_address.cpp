#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <shoal/server/redis_address.hpp>

namespace shoal::server {

namespace {

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  return failed == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<redis_address> redis_address::parse(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "redis" || parsed->encoded_host().empty() || parsed->has_query() ||
      parsed->has_fragment()) {
    return std::nullopt;
  }
  redis_address out;
  out.host = parsed->host_address();
  if (parsed->has_port() && (!read_number(std::string(parsed->port()), out.port) || out.port == 0)) {
    return std::nullopt;
  }
  if (parsed->has_userinfo()) {
    out.user = parsed->user();
    out.password = parsed->password();
  }
  const std::string path(parsed->encoded_path());
  if (path.size() > 1 && !read_number(std::string_view(path).substr(1), out.database)) {
    return std::nullopt;
  }
  return out;
}

std::string redis_address::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return "redis://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" +
         std::to_string(database);
}

}  // namespace shoal::server
