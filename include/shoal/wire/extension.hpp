#pragma once
// The extension handshake (BEP 10, message `extended` with id 0): a bencoded dictionary in which a peer says
// what it understands. Unknown keys are ignored, and so are values of a wrong type or out of range: they are
// hints, not worth a connection. Every known one is bounded. Bytes after the dictionary are not looked at.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/strong.hpp>

namespace shoal::wire {

/// The extensions that we speak, and the ids under which peers are to send them to us.
inline constexpr std::string_view ut_pex = "ut_pex";              // BEP 11
inline constexpr std::string_view ut_metadata = "ut_metadata";    // BEP 9
inline constexpr std::string_view lt_donthave = "lt_donthave";    // BEP 54
inline constexpr std::string_view ut_holepunch = "ut_holepunch";  // BEP 55
inline constexpr std::uint8_t our_ut_pex_id = 1;
inline constexpr std::uint8_t our_ut_metadata_id = 2;
inline constexpr std::uint8_t our_lt_donthave_id = 3;
inline constexpr std::uint8_t our_ut_holepunch_id = 4;

/// The payload of "lt_donthave": the sender has lost this piece. Nothing when it is not four bytes.
std::vector<std::byte> encode_dont_have(piece_index p);
std::optional<piece_index> decode_dont_have(byte_view payload);

struct extension_handshake {
  std::map<std::string, std::uint8_t> ids;     ///< "m": name to message id; 0 switches an extension off
  std::optional<std::string> client;           ///< "v", cut to 64 bytes
  std::optional<std::uint16_t> listen_port;    ///< "p"
  std::optional<std::uint32_t> requests_max;   ///< "reqq": requests the sender takes without dropping any
  std::optional<ip_address> your_address;      ///< "yourip"
  std::optional<std::uint64_t> metadata_size;  ///< "metadata_size" (BEP 9), bytes
  std::optional<bool> upload_only;             ///< "upload_only" (BEP 21)

  /// The id under which the sender wants this extension's messages: 0 when it said that it wants none, and
  /// also when it gave the id to another extension too, since it could not tell the two apart. Nothing when
  /// it did not name the extension: what an earlier handshake said goes on to hold.
  std::optional<std::uint8_t> id_of(std::string_view extension) const;

  friend bool operator==(const extension_handshake&, const extension_handshake&) = default;
};

/// The payload of the `extended` message, keys in order.
std::vector<std::byte> encode(const extension_handshake& h);
/// Fails only for what is not bencoded or no dictionary.
result<extension_handshake> decode_extension_handshake(byte_view payload);

}  // namespace shoal::wire
