#pragma once
// Telling strands from other executors, and making them.

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net {

/// Whether nothing runs on `ex` beside itself. Knows the strands that this house makes; an executor of a
/// context with one thread is not recognised.
inline bool is_strand(const asio::any_io_executor& ex) {
  return ex.target<strand>() != nullptr ||
         ex.target<asio::strand<asio::io_context::executor_type>>() != nullptr;
}

/// A strand on the threads of `ex`. When that is a strand, the new one runs beside it, not inside it.
inline asio::any_io_executor new_strand(const asio::any_io_executor& ex) {
  if (const auto* outer = ex.target<strand>()) {
    return strand(outer->get_inner_executor());
  }
  if (const auto* outer = ex.target<asio::strand<asio::io_context::executor_type>>()) {
    return strand(outer->get_inner_executor());
  }
  return strand(ex);
}

}  // namespace shoal::net
