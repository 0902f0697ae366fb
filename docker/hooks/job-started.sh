#!/usr/bin/env bash
# Runs before the first step of a job and writes one line of JSON to the container's log, by which
# Log Analytics can join an execution with the workflow run it served. Never fails a job.
set -uo pipefail

# Seconds since what started the workflow, where its event tells a time; a job that waited for other
# jobs first, or is run again, has no such time.
queue_seconds() {
  [[ "${GITHUB_RUN_ATTEMPT:-1}" == 1 && -r "${GITHUB_EVENT_PATH:-}" ]] || return 0
  jq -r --argjson now "$(date +%s)" '
    [.workflow_run.updated_at, .release.published_at, .comment.created_at, .review.submitted_at,
      .pull_request.updated_at, .issue.updated_at, .repository.pushed_at]
    | map(select(. != null)) | first
    | if type == "string" then (sub("\\.[0-9]+"; "") | fromdateiso8601) else . end
    | if . == null or $now < . then empty else $now - . end' "$GITHUB_EVENT_PATH" 2>/dev/null || true
}

waited="$(queue_seconds)"
facts="$(jq -nc --arg waited "$waited" --argjson now "$(date +%s)" '{
  event: "job-started", execution: env.CONTAINER_APP_JOB_EXECUTION_NAME, runner: env.RUNNER_NAME,
  repository: env.GITHUB_REPOSITORY, workflow: env.GITHUB_WORKFLOW, trigger: env.GITHUB_EVENT_NAME,
  job: env.GITHUB_JOB, runId: env.GITHUB_RUN_ID, runAttempt: env.GITHUB_RUN_ATTEMPT,
  actor: env.GITHUB_ACTOR, startedAt: $now,
  queueSeconds: (if $waited == "" then null else ($waited | tonumber) end)
}')"
if [[ -d "${RUNNERCTL_JOB_FOLDER:-}" ]]; then
  printf '%s\n' "$facts" >"$RUNNERCTL_JOB_FOLDER/job.json"
fi
# A hook's own output is in the job's log; the container's is another file, where it can be opened.
{ printf '%s\n' "$facts" >>"${RUNNERCTL_LOG:-/nowhere/}"; } 2>/dev/null || printf '%s\n' "$facts"
exit 0
