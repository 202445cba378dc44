#include "app/console.hpp"

#include <sstream>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

namespace shoal::app {

TEST_CASE("with --json the output is objects and nothing else") {
  std::ostringstream out;
  std::ostringstream err;
  {
    console c(console::style::json, out, err);
    c.say("for people");
    c.status("50%");
    c.event("progress", {{"id", 0}, {"percent", 50.5}});
    c.complain("trouble");
  }
  const auto line = out.str();
  REQUIRE(line.ends_with('\n'));
  const auto o = boost::json::parse(line.substr(0, line.size() - 1)).as_object();
  CHECK(o.begin()->key() == "event");
  CHECK(o.at("event").as_string() == "progress");
  CHECK(o.at("t").is_number());
  CHECK(o.at("percent").as_double() == 50.5);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(err.str() == "trouble\n");
}

TEST_CASE("numbers in --json are written as people write them") {
  std::ostringstream out;
  std::ostringstream err;
  console c(console::style::json, out, err);
  const boost::json::object o{
      {"half", 0.5},      {"big", 1e300},
      {"count", 7},       {"none", nullptr},
      {"text", "a\"b\n"}, {"list", {1.25, "x", boost::json::object{}, boost::json::array{}}}};
  c.object(o);
  CHECK(out.str() ==
        "{\"half\":0.5,\"big\":1e+300,\"count\":7,\"none\":null,\"text\":\"a\\\"b\\n\",\"list\":[1.25,\"x\",{"
        "},[]]}\n");
  CHECK(boost::json::parse(out.str()).as_object() == o);
}

TEST_CASE("without a terminal there are lines and no escapes") {
  std::ostringstream out;
  std::ostringstream err;
  {
    console c(console::style::plain, out, err);
    c.status("50%");
    c.say("one");
    c.event("progress", {});
    c.say("two");
  }
  CHECK(out.str() == "one\ntwo\n");
}

TEST_CASE("on a terminal lines go above the status line, which is redrawn") {
  std::ostringstream out;
  std::ostringstream err;
  {
    console c(console::style::terminal, out, err);
    c.status("50%");
    c.status("50%");  // nothing new, nothing written
    c.say("news");
    c.complain("trouble");
  }
  const std::string erase = "\r\x1b[K";
  CHECK(out.str() == erase + "50%" + erase + "news\n50%" + erase + "50%" + erase);
  CHECK(err.str() == "trouble\n");
}

}  // namespace shoal::app
