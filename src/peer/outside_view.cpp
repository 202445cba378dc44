#include <algorithm>

#include <shoal/peer/outside_view.hpp>

namespace shoal::peer {

bool outside_view::told(const ip_address& by, const ip_address& us) {
  if (us.is_unspecified() || us.is_multicast()) {
    return false;
  }
  std::erase_if(witnesses_, [&](const witness& w) { return w.by == by && kind_of(w.us) == kind_of(us); });
  witnesses_.push_back({by, us});
  if (witnesses_.size() > witnesses_max) {
    witnesses_.erase(witnesses_.begin());
  }
  const auto before = answers_;
  for (std::size_t kind = 0; kind < answers_.size(); ++kind) {
    answers_[kind] = most_said(kind);
  }
  return answers_ != before;
}

std::optional<ip_address> outside_view::most_said(std::size_t kind) const {
  std::optional<ip_address> out;
  std::ptrdiff_t most = agreeing_min - 1;
  for (const auto& w : witnesses_) {
    const auto agreeing = kind_of(w.us) == kind ? std::ranges::count(witnesses_, w.us, &witness::us) : 0;
    if (agreeing > most) {
      most = agreeing;
      out = w.us;
    }
  }
  return out;
}

}  // namespace shoal::peer
