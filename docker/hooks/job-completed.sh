#!/usr/bin/env bash
# Runs after the last step of a job and writes one line of JSON to the container's log. How the job
# ended is not told to hooks; the entry point adds it in its summary. Never fails a job.
set -uo pipefail
facts="$(jq -nc '{
  event: "job-completed", execution: env.CONTAINER_APP_JOB_EXECUTION_NAME, runner: env.RUNNER_NAME,
  repository: env.GITHUB_REPOSITORY, workflow: env.GITHUB_WORKFLOW, job: env.GITHUB_JOB,
  runId: env.GITHUB_RUN_ID, runAttempt: env.GITHUB_RUN_ATTEMPT
}')"
{ printf '%s\n' "$facts" >>"${RUNNERCTL_LOG:-/nowhere/}"; } 2>/dev/null || printf '%s\n' "$facts"
exit 0
