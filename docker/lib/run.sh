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
    | .[".runner"] |= (@base64d | ltrimstr("\ufeff") | fromjson
        | with_entries(select(.key | ascii_downcase != "disableupdate"))
        | .disableUpdate = true | tojson | @base64)
    | tojson | @base64' <<<"$JIT_CONFIGURATION" 2>/dev/null)" || return 0
  JIT_CONFIGURATION="$changed"
}

# The configuration is a few files by name, which the listener would write beside itself before
# anything else. Written here instead, it is in no process's arguments or environment. Whatever does
# not look like that goes to the listener by environment, and so it does in front of a stand-in that
# has no listener: JIT_CONFIGURATION is then left as it is.
place_configuration() {
  local name content names=()
  [[ -x "$RUNNER_HOME/bin/Runner.Listener" ]] || return 0
  mapfile -t names < <(jq -Rr '@base64d | fromjson | keys[]' <<<"$JIT_CONFIGURATION" 2>/dev/null)
  [[ " ${names[*]-} " == *" .runner "* ]] || return 0
  for name in "${names[@]}"; do
    [[ "$name" =~ ^\.[a-z_]+$ ]] || return 0
  done
  for name in "${names[@]}"; do
    content="$(jq -Rr --arg name "$name" '@base64d | fromjson | .[$name]' <<<"$JIT_CONFIGURATION")"
    (umask 077 && base64 -d <<<"$content" >"$RUNNER_HOME/$name")
  done
  JIT_CONFIGURATION=""
}

# The listener itself rather than run.sh, which turns most of its failures into success.
start_listener() {
  local program=(./bin/Runner.Listener run)
  cd -- "$RUNNER_HOME" || return
  [[ -x ./bin/Runner.Listener ]] || program=(./run.sh)
  STOP_SIGNAL=INT
  [[ "${program[0]}" != ./run.sh ]] || STOP_SIGNAL=TERM
  # Job control, because a plain background process ignores INT, which is how the runner is ended.
  set -m
  (
    if [[ -n "$JIT_CONFIGURATION" ]]; then
      export ACTIONS_RUNNER_INPUT_JITCONFIG="$JIT_CONFIGURATION"
    fi
    export RUNNER_MANUALLY_TRAP_SIG=1 ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1
    exec "${program[@]}"
  ) >&"$TO_WATCHER" {TO_WATCHER}>&- &
  LISTENER=$!
  set +m
}

stop_listener() {
  trap '' TERM INT
  INTERRUPTED=yes STOPPED=yes
  log warning "stopping: $1 received, the runner has ${RUNNER_STOP_SECONDS:=28} s to cancel its job"
  kill "-$STOP_SIGNAL" "$LISTENER" 2>/dev/null || true
  # The platform kills 30 s after TERM; being a little earlier leaves time to say so.
  (sleep "$RUNNER_STOP_SECONDS" && kill -KILL -- "-$LISTENER") >/dev/null 2>&1 {TO_WATCHER}>&- &
}

# Sets CODE. `wait` returns early when a signal arrives; what counts is the listener's own exit code.
follow_listener() {
  while :; do
    CODE=0
    wait "$LISTENER" || CODE=$?
    [[ -n "$INTERRUPTED" ]] || break
    INTERRUPTED=""
  done
}

# https://github.com/actions/runner/blob/main/src/Runner.Common/Constants.cs (ReturnCode)
explain_exit() {
  case "$CODE" in
    0) log info "runner ended with exit code 0" ;;
    1) log error "runner ended with exit code 1: terminated, its configuration or registration was refused" ;;
    2) log error "runner ended with exit code 2: GitHub could not be reached" ;;
    3 | 4) log error "runner ended with exit code $CODE: it wants to update itself; rebuild the image instead" ;;
    5) log error "runner ended with exit code 5: another runner has a session under its name" ;;
    7) log error "runner ended with exit code 7: GitHub refuses its version; rebuild the image" ;;
    137) log error "runner ended with exit code 137: killed" ;;
    *) log error "runner ended with exit code $CODE" ;;
  esac
}

# run.sh would start the listener again for ever; here a few times, because the container is billed.
run_until_done() {
  local attempt
  for attempt in 1 2 3 4 5; do
    start_listener
    follow_listener
    [[ "$CODE" == 2 && -z "$STOPPED" ]] || return 0
    ((attempt < 5)) || return 0
    log warning "runner could not reach GitHub (exit code 2), attempt $attempt; starting it again"
    sleep "${RUNNER_RETRY_SECONDS:-5}" {TO_WATCHER}>&- &
    wait "$!" || true
    [[ -z "$STOPPED" ]] || return 0
  done
}

run_listener() {
  hide_configuration_from_environment
  check_run_variables
  prepare_network
  wait_for_configuration
  take_configuration
  disable_self_update
  place_configuration
  INTERRUPTED="" STOPPED="" LISTENER="" STOP_SIGNAL=TERM
  log info "starting the runner in $RUNNER_HOME"
  watch_job
  trap 'stop_listener TERM' TERM
  trap 'stop_listener INT' INT
  run_until_done
  explain_exit
  finish_watching
  summarize_job
  exit "$CODE"
}
