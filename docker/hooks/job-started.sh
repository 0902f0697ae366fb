#!/usr/bin/env bash
# Runs before the first step of a job and writes one line of JSON to the container's log, by which
# Log Analytics can join an execution with the workflow run it served.
set -euo pipefail
jq -nc '{
  event: "job-started", execution: env.CONTAINER_APP_JOB_EXECUTION_NAME, runner: env.RUNNER_NAME,
  repository: env.GITHUB_REPOSITORY, workflow: env.GITHUB_WORKFLOW, job: env.GITHUB_JOB,
  runId: env.GITHUB_RUN_ID, runAttempt: env.GITHUB_RUN_ATTEMPT, actor: env.GITHUB_ACTOR
}'
