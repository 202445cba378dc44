#pragma once
// Telling strands from other executors.

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

}  // namespace shoal::net
