# shellcheck shell=bash
# Whether an image has all that the entry point needs; for image builds and for the curious.

test_image() {
  local home="${RUNNER_HOME:-/home/runner}" version
  check_programs curl jq openssl git tar
  [[ -x "$home/run.sh" ]] || problem "there is no executable $home/run.sh"
  [[ -w "$home" ]] || problem "$home cannot be written to by $(id -un 2>/dev/null || id -u)"
  ((EUID != 0)) || problem "the image runs as root: the runner must not"
  if [[ -x "$home/bin/Runner.Listener" ]] && ! version="$("$home/bin/Runner.Listener" --version)"; then
    problem "the runner application does not start: a library of its is missing"
  fi
  report_problems
  log info "runner ${version:-of unknown version} in $home is ready"
}
