# shellcheck shell=bash
# One line of JSON per message on stderr: Log Analytics keeps a line a row. No message carries a
# secret; the callers see to that.

json_text() {
  local text="$1"
  text="${text//\\/\\\\}"
  text="${text//\"/\\\"}"
  text="${text//$'\n'/ }"
  text="${text//$'\r'/}"
  text="${text//$'\t'/ }"
  printf '%s' "$text"
}

log() {
  printf '{"level":"%s","mode":"%s","message":"%s"}\n' "$1" "${MODE:-}" "$(json_text "$2")" >&2
}

fail() {
  log error "$2"
  exit "$1"
}
