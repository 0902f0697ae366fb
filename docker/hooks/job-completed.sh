#!/usr/bin/env bash
# Runs after the last step of a job and writes one line of JSON to the container's log.
set -euo pipefail
jq -nc '{
  event: "job-completed", execution: env.CONTAINER_APP_JOB_EXECUTION_NAME, runner: env.RUNNER_NAME,
  repository: env.GITHUB_REPOSITORY, job: env.GITHUB_JOB, runId: env.GITHUB_RUN_ID,
  runAttempt: env.GITHUB_RUN_ATTEMPT
}'
