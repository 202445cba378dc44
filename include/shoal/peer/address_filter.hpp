#pragma once
// Addresses that we do not speak with: ranges from the files that people keep for this purpose. Looking one
// up is O(log ranges); a list of a million takes 8 MiB.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <shoal/base/endpoint.hpp>

namespace shoal::peer {

class address_filter {
 public:
  /// Reads a file's text; a line is one of
  ///   10.0.0.0/8 or 2001:db8::/32                   CIDR
  ///   10.0.0.1 or 10.0.0.1 - 10.0.0.9               an address, a range
  ///   some name:10.0.0.1-10.0.0.9                   PeerGuardian's p2p
  ///   010.000.000.001 - 010.000.000.009 , 100 , x   eMule's dat: blocked below level 128
  /// Empty lines and those that begin with #, ; or // say nothing.
  static address_filter parse(std::string_view text);

  bool blocks(const ip_address& a) const;
  /// Disjoint ones that are blocked.
  std::size_t ranges() const { return v4_.size() + v6_.size(); }
  /// Lines that could not be read.
  std::size_t bad_lines() const { return bad_lines_; }
  /// Number of the first of them, from 1; 0 when there is none.
  std::size_t first_bad_line() const { return first_bad_line_; }

 private:
  __extension__ using wide = unsigned __int128;
  template <class Number>
  using list = std::vector<std::pair<Number, Number>>;  // first and last, both inside

  enum class reading : std::uint8_t { range, nothing, bad };
  reading read_line(std::string_view line);
  reading read_range(std::string_view text);
  bool add(const ip_address& first, const ip_address& last);

  list<std::uint32_t> v4_;
  list<wide> v6_;
  std::size_t bad_lines_ = 0;
  std::size_t first_bad_line_ = 0;
};

}  // namespace shoal::peer
