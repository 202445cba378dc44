#include "server/request_target.hpp"

#include <algorithm>

namespace shoal::server {

namespace {

/// "http://host/path" is a target too (RFC 9112, 3.2.2), sent by proxies.
std::string_view without_origin(std::string_view target) {
  const auto mark = target.find("://");
  if (target.starts_with('/') || mark == std::string_view::npos) {
    return target;
  }
  const auto path = target.find_first_of("/?", mark + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

/// The first of that name; empty when there is none.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) {
      return one.substr(name.size() + 1);
    }
  }
  return {};
}

/// "KEY" of "/KEY/last"; empty when the path is "/last" or something else.
std::string_view part_before(std::string_view path, std::string_view last) {
  if (path.size() <= last.size() + 1 || !path.ends_with(last)) {
    return {};
  }
  const std::string_view part = path.substr(1, path.size() - last.size() - 1);
  return part.find('/') == std::string_view::npos ? part : std::string_view();
}

}  // namespace

request_target read_target(std::string_view target) {
  request_target out;
  target = without_origin(target);
  const auto mark = std::min(target.find('?'), target.size());
  out.path = target.substr(0, mark);
  out.parameters = target.substr(std::min(mark + 1, target.size()));
  for (const auto what : {resource::announce, resource::scrape}) {
    const std::string_view last = what == resource::announce ? "/announce" : "/scrape";
    if (out.path == last) {
      out.what = what;
    } else if (const auto key = part_before(out.path, last); !key.empty()) {
      out.what = what;
      out.shown.passkey = key;
    }
  }
  return out;
}

std::string_view token_in(std::string_view parameters) {
  return parameter(parameters, "jwt");
}

credentials read_url_data(std::string_view url_data) {
  request_target t = read_target(url_data);
  if (t.what == resource::page && t.path.starts_with('/')) {
    const std::string_view rest = t.path.substr(1, t.path.find_last_not_of('/'));
    t.shown.passkey = rest.find('/') == std::string_view::npos ? rest : std::string_view();
  }
  t.shown.token = token_in(t.parameters);
  return t.shown;
}

}  // namespace shoal::server
