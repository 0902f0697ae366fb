# shellcheck shell=bash
# What became of the job, as one line of JSON for queries. The hooks know the job, the listener's
# console knows how it ended (the runner tells its hooks no conclusion).

# Opens TO_WATCHER, through which the listener's console goes on to the container's log.
watch_job() {
  RUN_STARTED="$(date +%s)"
  JOB_FOLDER="$(mktemp -d "${TMPDIR:-/tmp}/job.XXXXXXXX")"
  # The hooks write here, and into the container's log, which is not their own standard output.
  export RUNNERCTL_JOB_FOLDER="$JOB_FOLDER" RUNNERCTL_LOG="/proc/$$/fd/2"
  exec {TO_WATCHER}> >(watch_console)
  WATCHER=$!
}

watch_console() {
  local line
  trap '' TERM INT
  while IFS= read -r line || [[ -n "$line" ]]; do
    printf '%s\n' "$line"
    if [[ "$line" =~ :\ Job\ .*\ completed\ with\ result:\ ([A-Za-z]+) ]]; then
      printf '%s' "${BASH_REMATCH[1]}" >"$JOB_FOLDER/result"
    fi
  done
}

# The console ends with the listener; unless a process that the job left behind still holds it.
finish_watching() {
  local tries
  exec {TO_WATCHER}>&-
  for ((tries = 0; tries < 20; tries++)); do
    kill -0 "$WATCHER" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$WATCHER" 2>/dev/null || true
}

# The words of the REST API for the runner's own.
conclusion_of() {
  case "$1" in
    Succeeded | SucceededWithIssues) printf 'success' ;;
    Failed) printf 'failure' ;;
    Canceled | Cancelled) printf 'cancelled' ;;
    Skipped) printf 'skipped' ;;
    *) printf '%s' "${1,,}" ;;
  esac
}

summarize_job() {
  local result="" facts="$JOB_FOLDER/job.json"
  [[ -f "$facts" ]] || return 0
  [[ ! -f "$JOB_FOLDER/result" ]] || result="$(<"$JOB_FOLDER/result")"
  # The job could have written what it liked there: known fields alone, and nothing long.
  head -c 20000 -- "$facts" | jq -c --arg conclusion "$(conclusion_of "$result")" \
    --argjson now "$(date +%s)" --argjson waiting "$RUN_STARTED" --argjson exit "$CODE" '
    (.startedAt | if type == "number" then . else null end) as $started
    | def text: if type == "string" then .[:300] else null end;
    {
      level: "info", mode: "run", event: "job-summary",
      workflow: (.workflow | text), repository: (.repository | text), trigger: (.trigger | text),
      job: (.job | text), runId: (.runId | text), runAttempt: (.runAttempt | text),
      execution: (.execution | text), runner: (.runner | text),
      queueSeconds: (.queueSeconds | if type == "number" then . else null end),
      waitSeconds: (if $started then $started - $waiting else null end),
      durationSeconds: (if $started then $now - $started else null end),
      conclusion: (if $conclusion == "" then null else $conclusion end), exitCode: $exit
    }' >&2 2>/dev/null || log warning "the facts of the job cannot be read"
  rm -rf -- "$JOB_FOLDER"
}
