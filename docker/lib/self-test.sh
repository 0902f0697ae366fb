# shellcheck shell=bash
# Whether an image has all that the entry point and the jobs of its preset need. Nothing here uses a
# network; the build's last step is this.

# The programs of each preset, beside those of the entry point.
preset_programs() {
  case "$1" in
    minimal) printf 'git' ;;
    standard) printf 'git zip unzip make gcc g++ python3 pip3 node npm' ;;
    azure) printf '%s az azd' "$(preset_programs standard)" ;;
  esac
}

test_user() {
  local home="$1"
  ((EUID != 0)) || problem "the image runs as root: the runner must not"
  [[ -w "$home" ]] || problem "$home cannot be written to by $(id -un 2>/dev/null || id -u)"
  [[ -w "${TMPDIR:-/tmp}" ]] || problem "${TMPDIR:-/tmp} cannot be written to by $(id -un 2>/dev/null || id -u)"
}

# Sets RUNNER_VERSION_FOUND. The real listener leaves a log of every start.
test_runner() {
  local home="$1" expected="" had_log=""
  [[ -x "$home/run.sh" ]] || problem "there is no executable $home/run.sh"
  if [[ ! -x "$home/bin/Runner.Listener" ]]; then
    problem "there is no executable $home/bin/Runner.Listener"
    return 0
  fi
  [[ ! -d "$home/_diag" ]] || had_log=yes
  if ! RUNNER_VERSION_FOUND="$("$home/bin/Runner.Listener" --version 2>/dev/null)"; then
    problem "the runner application does not start: a library of its is missing"
  fi
  [[ -n "$had_log" ]] || rm -rf -- "$home/_diag"
  if [[ -f "$home/release.json" ]] && expected="$(jq -er .version "$home/release.json")" &&
    [[ "$expected" != "$RUNNER_VERSION_FOUND" ]]; then
    problem "the runner application says that it is ${RUNNER_VERSION_FOUND:-nothing}, but $expected was unpacked"
  fi
}

test_preset() {
  local preset="$1" programs=() program
  read -r -a programs <<<"$(preset_programs "$preset")"
  ((${#programs[@]} > 0)) || problem "RUNNERCTL_PRESET is malformed: minimal, standard or azure"
  for program in "${programs[@]+"${programs[@]}"}"; do
    if ! command -v "$program" >/dev/null; then
      problem "the preset $preset promises $program, which the image lacks"
    fi
  done
}

# Every certificate that the image brings must be in the bundle that programs read.
test_certificates() {
  local file
  if [[ ! -s "$SYSTEM_CA_BUNDLE" ]]; then
    problem "there are no CA certificates at $SYSTEM_CA_BUNDLE"
    return 0
  fi
  image_has_certificates || return 0
  for file in "$IMAGE_CA_FOLDER"/*.crt; do
    if ! openssl x509 -in "$file" -noout 2>/dev/null; then
      problem "$file is no certificate in PEM form"
    elif ! openssl verify -CAfile "$SYSTEM_CA_BUNDLE" -partial_chain "$file" >/dev/null 2>&1; then
      problem "$file is not trusted by $SYSTEM_CA_BUNDLE, or has expired"
    fi
  done
}

test_hooks() {
  local name
  for name in ACTIONS_RUNNER_HOOK_JOB_STARTED ACTIONS_RUNNER_HOOK_JOB_COMPLETED; do
    if [[ -n "${!name:-}" && ! -r "${!name}" ]]; then
      problem "$name is wrong: ${!name} cannot be read"
    fi
  done
}

test_image() {
  local home="${RUNNER_HOME:-/home/runner}" preset="${RUNNERCTL_PRESET:-minimal}"
  RUNNER_VERSION_FOUND=""
  check_programs curl jq openssl git tar
  test_user "$home"
  test_runner "$home"
  test_preset "$preset"
  test_certificates
  test_hooks
  check_network
  report_problems
  log info "runner ${RUNNER_VERSION_FOUND:-of unknown version} in $home is ready, preset $preset"
}
