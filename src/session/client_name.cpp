#include "session/client_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace shoal {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> known{{{"AZ", "Vuze"},
                                                                               {"BC", "BitComet"},
                                                                               {"BI", "BiglyBT"},
                                                                               {"DE", "Deluge"},
                                                                               {"KT", "KTorrent"},
                                                                               {"LT", "libtorrent"},
                                                                               {"lt", "rTorrent"},
                                                                               {"qB", "qBittorrent"},
                                                                               {"rQ", "rqbit"},
                                                                               {"SH", "shoal"},
                                                                               {"TR", "Transmission"},
                                                                               {"UT", "uTorrent"},
                                                                               {"WW", "WebTorrent"},
                                                                               {"TX", "Tixati"}}};

bool alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

std::string client_name(const peer_id& id) {
  const auto text = as_text(id.view());
  if (text[0] == '-' && text[7] == '-' && alphanumeric(text.substr(1, 6))) {
    const auto code = text.substr(1, 2);
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == code; });
    std::string name(found != known.end() ? found->second : code);
    name += ' ';
    for (std::size_t i = 3; i < 6; ++i) {
      name += text[i];
      name += i < 5 ? "." : "";
    }
    return name;
  }
  if (text.substr(0, 3) == "A2-") {
    std::string version(text.substr(3, text.find('-', text.find('-', text.find('-', 3) + 1) + 1) - 3));
    std::replace(version.begin(), version.end(), '-', '.');
    if (version.size() < 12 && std::all_of(version.begin(), version.end(), [](char c) {
          return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
        })) {
      return "aria2 " + version;
    }
  }
  std::string shown;
  for (const char c : text.substr(0, 8)) {
    shown += std::isgraph(static_cast<unsigned char>(c)) != 0 ? c : '?';
  }
  return shown;
}

peer_id make_peer_id(rng& chance) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text = "-SH0100-";
  while (text.size() < peer_id::size) {
    text += alphabet[static_cast<std::size_t>(chance.below(alphabet.size()))];
  }
  return *peer_id::from(as_bytes(text));
}

}  // namespace shoal
