#include <array>
#include <cassert>
#include <charconv>

#include <shoal/bencode/bencode.hpp>

namespace shoal::bencode {

namespace {

template <class Integer>
void append_number(std::string& out, Integer v) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
  out.append(digits.data(), end);
}

}  // namespace

writer& writer::integer(std::int64_t v) {
  out_ += 'i';
  append_number(out_, v);
  out_ += 'e';
  return *this;
}

writer& writer::string(std::string_view v) {
  append_number(out_, v.size());
  out_ += ':';
  out_ += v;
  return *this;
}

writer& writer::raw(std::string_view v) {
  out_ += v;
  return *this;
}

writer& writer::begin_list() {
  out_ += 'l';
  open_.push_back({false});
  return *this;
}

writer& writer::begin_dictionary() {
  out_ += 'd';
  open_.push_back({true});
  return *this;
}

writer& writer::end() {
  assert(!open_.empty());
  out_ += 'e';
  open_.pop_back();
  return *this;
}

writer& writer::key(std::string_view k) {
  assert(!open_.empty() && open_.back().dictionary);
  auto& dictionary = open_.back();
  const auto last =
      std::string_view(out_).substr(dictionary.key_begin, dictionary.key_end - dictionary.key_begin);
  assert(dictionary.key_end == 0 || last < k);
  string(k);
  dictionary.key_end = out_.size();
  dictionary.key_begin = out_.size() - k.size();
  return *this;
}

}  // namespace shoal::bencode
