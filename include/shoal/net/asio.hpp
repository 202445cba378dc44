#pragma once
// The parts of Boost.Asio that shoal speaks, by short names. Everything above floor 2 that suspends returns
// `awaitable<T>`; expected failures come as tuples (`use_tuple`), never as exceptions.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <shoal/base/endpoint.hpp>

namespace shoal::net {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;
/// Every executor that this module is given is an io_context's own or one of these. The inner executor has a
/// type of its own, since an `any_io_executor` there costs two allocations and some thousand instructions a
/// handler.
using strand = asio::strand<asio::io_context::executor_type>;

/// co_await op(..., use_tuple) gives [error, results...].
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

asio::ip::address to_asio(const ip_address& a);
tcp::endpoint to_asio(const endpoint& e);
ip_address from_asio(const asio::ip::address& a);
endpoint from_asio(const tcp::endpoint& e);
/// The protocol, `tcp` or `udp` here, of a socket that another program opened for us; an error when it is
/// neither of IPv4 nor of IPv6.
template <class Protocol>
Protocol protocol_of(int descriptor, boost::system::error_code& failed);

}  // namespace shoal::net
