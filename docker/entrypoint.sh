#!/usr/bin/env bash
# The one entry point of the runner image. Its modes are the two containers of a pool's job:
#
#   mint       (init container) trades the GitHub credential for a single-use runner configuration
#   run        (runner container) starts the runner with it; knows no credential
#   self-test  says whether the image has all that the other two need
#
# Exit codes: 2 bad or missing variables · 20 credential refused (401) · 21 permission missing (403)
# · 22 not found (404) · 23 GitHub unavailable or rate-limited for too long · 24 unexpected answer
# · 30 no runner configuration arrived. `run` otherwise ends with the exit code of the runner's
# listener: 0 done, 1 terminated, 2 GitHub not reached, 5 session conflict, 7 version refused.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

find_library() {
  local here
  here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
  if [[ -f "$here/lib/mint.sh" ]]; then
    printf '%s' "$here/lib"
  else
    printf '%s' "$here/../lib/runnerctl"
  fi
}

# shellcheck disable=SC2034  # read by lib/run.sh
ENTRYPOINT="${BASH_SOURCE[0]}"
LIBRARY="$(find_library)"
# shellcheck source=lib/log.sh
. "$LIBRARY/log.sh"
# shellcheck source=lib/variables.sh
. "$LIBRARY/variables.sh"
# shellcheck source=lib/network.sh
. "$LIBRARY/network.sh"

mint() {
  # shellcheck source=lib/github-api.sh
  . "$LIBRARY/github-api.sh"
  # shellcheck source=lib/app-token.sh
  . "$LIBRARY/app-token.sh"
  # shellcheck source=lib/mint.sh
  . "$LIBRARY/mint.sh"
  umask 077
  check_mint_variables
  mint_jit_configuration
}

self_test() {
  # shellcheck source=lib/self-test.sh
  . "$LIBRARY/self-test.sh"
  test_image
}

run() {
  # shellcheck source=lib/job-summary.sh
  . "$LIBRARY/job-summary.sh"
  # shellcheck source=lib/run.sh
  . "$LIBRARY/run.sh"
  run_listener
}

main() {
  MODE="${1:-}"
  # The first process of a container is not ended by a signal that it has no handler for.
  trap 'exit 143' TERM
  trap 'exit 130' INT
  case "$MODE" in
    mint) mint ;;
    run) run ;;
    self-test) self_test ;;
    *) fail 2 "unknown mode '${MODE}': say mint, run or self-test" ;;
  esac
}

# Sourced, it only defines its functions.
if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  main "$@"
fi
