# What the scripts share; sourced by them, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '\n==> %s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# build PRESET [TARGET...]: configures build/PRESET, quietly unless it fails, and builds the targets.
# CONFIGURE=OPTIONS in the environment adds options for cmake.
build() {
  local preset=$1 log
  shift
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! cmake --preset "$preset" ${CONFIGURE:-} >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "cannot configure the preset '$preset': see above"
  fi
  rm -f "$log"
  cmake --build --preset "$preset" -j "$(nproc)" ${*:+--target "$@"}
}
