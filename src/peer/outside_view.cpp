#include <algorithm>

#include <shoal/peer/outside_view.hpp>

namespace shoal::peer {

bool outside_view::told(const ip_address& by, const ip_address& us) {
  if (us.is_unspecified() || us.is_multicast()) {
    return false;
  }
  const auto kind = kind_of(us);
  std::erase_if(witnesses_, [&](const witness& w) { return w.by == by && kind_of(w.us) == kind; });
  witnesses_.push_back({by, us});
  const auto before = answers_;
  if (witnesses_.size() > witnesses_max) {
    const auto forgotten = kind_of(witnesses_.front().us);
    witnesses_.erase(witnesses_.begin());
    answers_[forgotten] = most_said(forgotten);
  }
  answers_[kind] = most_said(kind);
  return answers_ != before;
}

std::optional<ip_address> outside_view::most_said(std::size_t kind) const {
  std::optional<ip_address> out;
  std::ptrdiff_t most = agreeing_min - 1;
  for (const auto& w : witnesses_) {
    if (w.us == out || kind_of(w.us) != kind) {
      continue;  // nearly all say the same
    }
    const auto agreeing = std::ranges::count(witnesses_, w.us, &witness::us);
    if (agreeing > most) {
      most = agreeing;
      out = w.us;
    }
  }
  return out;
}

}  // namespace shoal::peer
