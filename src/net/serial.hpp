#pragma once
// Telling strands from other executors, and making them.

#include <cassert>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net {

/// Whether nothing runs on `ex` beside itself. An executor of a context with one thread is not recognised.
inline bool is_strand(const asio::any_io_executor& ex) {
  return ex.target<strand>() != nullptr;
}

/// `ex`, which has to be a strand.
inline strand strand_of(const asio::any_io_executor& ex) {
  assert(is_strand(ex));
  return *ex.target<strand>();
}

/// A strand on the threads of `ex`. When that is a strand, the new one runs beside it, not inside it.
inline strand new_strand(const asio::any_io_executor& ex) {
  auto& context = asio::query(ex, asio::execution::context);
  return asio::make_strand(static_cast<asio::io_context&>(context));
}

}  // namespace shoal::net
