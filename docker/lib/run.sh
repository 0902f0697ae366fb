# shellcheck shell=bash
# Starts the runner with the configuration that the mint container left, and stands in front of it
# as the container's first process.

readonly EXIT_NO_CONFIGURATION=30

# A configuration given by a start override arrives in the environment, and `unset` does not remove
# it from /proc/1/environ. Starting over without it does: exec replaces the environment of the pid.
hide_configuration_from_environment() {
  [[ -n "${RUNNER_JIT_CONFIG:-}" ]] || return 0
  local file
  file="$(umask 077 && mktemp "${TMPDIR:-/tmp}/.runner.XXXXXXXX")"
  printf '%s' "$RUNNER_JIT_CONFIG" >"$file"
  exec env -u RUNNER_JIT_CONFIG JIT_FILE="$file" "$BASH" "$ENTRYPOINT" run
}

wait_for_configuration() {
  local deadline=$((SECONDS + ${JIT_WAIT_SECONDS:=60}))
  until [[ -s "$JIT_FILE" ]]; do
    ((SECONDS < deadline)) || fail "$EXIT_NO_CONFIGURATION" "no runner configuration at $JIT_FILE after $JIT_WAIT_SECONDS s: see the log of the mint container of this execution"
    sleep 0.2
  done
}

# Reads the configuration into JIT_CONFIGURATION and removes the file, so that a job finds no copy.
take_configuration() {
  JIT_CONFIGURATION="$(<"$JIT_FILE")"
  rm -f -- "$JIT_FILE"
  [[ ! -e "$JIT_FILE" ]] || fail "$EXIT_NO_CONFIGURATION" "cannot remove $JIT_FILE, which a workflow job could then read"
}

# A self-update in a container that lives for one job only costs time: the image is rebuilt instead.
# The switch is a setting of the configuration; `--disableupdate` is for config.sh alone
# (https://github.com/actions/runner/issues/1729). What cannot be read is passed on as it came.
disable_self_update() {
  local changed
  changed="$(jq -Rrc '@base64d | fromjson
    | .[".runner"] |= (@base64d | fromjson
        | with_entries(select(.key | ascii_downcase != "disableupdate"))
        | .disableUpdate = true | tojson | @base64)
    | tojson | @base64' <<<"$JIT_CONFIGURATION" 2>/dev/null)" || return 0
  JIT_CONFIGURATION="$changed"
}

# The configuration goes to the listener by environment and not by argument, which `ps` shows to
# everybody and process accounting keeps. It stays in the environment block of run.sh and the
# listener, where a job (same user) can read it; no loss, since by then it is spent: it registers one
# runner once, and the listener keeps its content beside itself for its single job by GitHub's design.
start_listener() {
  cd -- "$RUNNER_HOME" || return
  # Job control, because a plain background process ignores INT, which is how run.sh ends the runner.
  set -m
  ACTIONS_RUNNER_INPUT_JITCONFIG="$JIT_CONFIGURATION" \
    RUNNER_MANUALLY_TRAP_SIG=1 \
    ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1 \
    ./run.sh &
  LISTENER=$!
  set +m
  JIT_CONFIGURATION=""
}

stop_listener() {
  trap '' TERM INT
  INTERRUPTED=yes
  log warning "stopping: $1 received, the runner has ${RUNNER_STOP_SECONDS:=28} s to cancel its job"
  kill -TERM "$LISTENER" 2>/dev/null || true
  # The platform kills 30 s after TERM; being a little earlier leaves time to say so.
  (sleep "$RUNNER_STOP_SECONDS" && kill -KILL -- "-$LISTENER") >/dev/null 2>&1 &
}

# `wait` returns early when a signal arrives; the exit code that counts is the runner's own.
follow_listener() {
  local code
  INTERRUPTED=""
  while :; do
    code=0
    wait "$LISTENER" || code=$?
    [[ -n "$INTERRUPTED" ]] || break
    INTERRUPTED=""
  done
  log info "runner ended with exit code $code"
  exit "$code"
}

run_listener() {
  hide_configuration_from_environment
  check_run_variables
  wait_for_configuration
  take_configuration
  disable_self_update
  log info "starting the runner in $RUNNER_HOME"
  start_listener
  trap 'stop_listener TERM' TERM
  trap 'stop_listener INT' INT
  follow_listener
}
