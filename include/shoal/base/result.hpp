#pragma once
// How failure travels. Floors 0 to 2 return `result<T>` with an error code of the module's own category;
// floors 3 and up return `outcome<T>`, whose `failure` also names the thing that failed.

#include <string>
#include <string_view>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

namespace shoal {

using error = boost::system::error_code;

template <class T>
using result = boost::system::result<T>;

/// An error category made of a name and a function from number to message. Each module has one:
///
///     enum class errc { truncated = 1, ... };
///     const boost::system::error_category& category();
///     inline error make_error_code(errc e) { return {static_cast<int>(e), category()}; }
///
/// and `BOOST_SYSTEM`'s `is_error_code_enum` specialised, so that `return errc::truncated;` is a result.
/// A message says what is wrong and, where a person can act, what to do.
class message_category final : public boost::system::error_category {
 public:
  using describe_fn = std::string_view (*)(int);

  constexpr message_category(const char* name, describe_fn describe) : name_(name), describe_(describe) {}

  const char* name() const noexcept override { return name_; }
  std::string message(int value) const override { return std::string(describe_(value)); }

 private:
  const char* name_;
  describe_fn describe_;
};

/// An error and the thing it befell (a path, a URL, an address), for people.
struct failure {
  error code;
  std::string subject;

  /// "subject: what is wrong".
  std::string message() const { return subject.empty() ? code.message() : subject + ": " + code.message(); }

  /// For tests and logs; `outcome` is printed through it.
  template <class Stream>
  friend Stream& operator<<(Stream& out, const failure& f) {
    out << f.message();
    return out;
  }
};

template <class T>
using outcome = boost::system::result<T, failure>;

/// What `outcome<T>::value()` throws; found by argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const failure& f, const boost::source_location&) {
  throw boost::system::system_error(f.code, f.subject);
}

}  // namespace shoal
