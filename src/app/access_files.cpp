#include "app/access_files.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "app/complaint.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

std::string text_of(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw storage_complaint({error(errno, boost::system::system_category()), file});
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A list that is written a thing a line.
template <class List>
List list_in(const std::string& file, const std::string& objection) {
  std::size_t bad_line = 0;
  auto list = List::parse(text_of(file), bad_line);
  if (!list) {
    throw complaint(exit_code::usage,
                    printable(file) + ": line " + std::to_string(bad_line) + " is " + objection);
  }
  return std::move(*list);
}

struct contents {
  std::optional<registry::info_hash_list> torrents;
  std::optional<registry::passkey_list> passkeys;
  std::optional<server::token_keys> token_keys;
};

contents read(const access_files& f) {
  contents out;
  if (const auto& file = f.allow.empty() ? f.deny : f.allow; !file.empty()) {
    out.torrents =
        list_in<registry::info_hash_list>(file, "no info-hash; write 40 hexadecimal digits a line");
  }
  if (!f.passkeys.empty()) {
    out.passkeys =
        list_in<registry::passkey_list>(f.passkeys, "no passkey; write 8 to 128 letters, digits, '-' or '_'");
  }
  if (!f.token_keys.empty()) {
    out.token_keys = server::token_keys::parse(text_of(f.token_keys));
    if (!out.token_keys) {
      throw complaint(
          exit_code::usage,
          printable(f.token_keys) + " has no public key in PEM, RSA of 2048 bits or more or EC on P-256");
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> access_files::names() const {
  std::vector<std::string> out;
  for (const auto& file : {allow, deny, passkeys, token_keys, certificate, private_key}) {
    if (!file.empty()) out.push_back(file);
  }
  return out;
}

void access_files::check() const {
  server::tracker_server nobody{{}};
  apply(nobody);
}

std::string access_files::apply(server::tracker_server& tracker) const {
  auto now = read(*this);
  std::string out;
  if (!certificate.empty()) {
    const auto taken = tracker.set_certificate(certificate, private_key);
    if (!taken) throw complaint(exit_code::usage, printable(taken.error().message()));
    out = "certificate";
  }
  if (now.torrents) {
    out += (out.empty() ? "" : ", ") + counted(now.torrents->size(), "torrent");
    using server::torrents_served;
    tracker.set_torrents_served(allow.empty() ? torrents_served::not_listed : torrents_served::listed,
                                std::move(*now.torrents));
  }
  if (now.passkeys) {
    out += (out.empty() ? "" : ", ") + counted(now.passkeys->size(), "passkey");
    tracker.require_passkeys(std::move(*now.passkeys));
  }
  if (now.token_keys) {
    out += out.empty() ? "keys of tokens" : ", keys of tokens";
    tracker.require_tokens(std::move(*now.token_keys));
  }
  return out;
}

}  // namespace shoal::app
