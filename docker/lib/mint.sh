# shellcheck shell=bash
# Mints a just-in-time runner configuration: single use, one job
# (https://docs.github.com/en/rest/actions/self-hosted-runners).

scope_path() {
  case "$GITHUB_SCOPE" in
    repository) printf '/repos/%s/%s' "$GITHUB_OWNER" "$GITHUB_REPOSITORY" ;;
    organization) printf '/orgs/%s' "$GITHUB_OWNER" ;;
    enterprise) printf '/enterprises/%s' "$GITHUB_OWNER" ;;
  esac
}

scope_permission() {
  case "$GITHUB_SCOPE" in
    repository) printf 'the repository permission "Administration: read and write" (classic token: scope repo)' ;;
    organization) printf 'the organization permission "Self-hosted runners: read and write" (classic token: scope admin:org)' ;;
    enterprise) printf 'the enterprise permission "Enterprise self-hosted runners: read and write" (classic token: scope manage_runners:enterprise)' ;;
  esac
}

# Sets GROUP_ID. The default group is 1 everywhere, and a repository has no other; the rest are found
# by name, ignoring case.
find_runner_group() {
  GROUP_ID=1
  if [[ "$GITHUB_SCOPE" == repository || -z "$RUNNER_GROUP" || "${RUNNER_GROUP,,}" == default ]]; then
    return 0
  fi
  local page=1 count
  while :; do
    call GET "$(scope_path)/actions/runner-groups?per_page=100&page=$page" "$TOKEN"
    [[ "$RESPONSE_STATUS" == 200 ]] || refuse "list the runner groups of $GITHUB_OWNER" "$(scope_permission)"
    GROUP_ID="$(jq -r --arg name "$RUNNER_GROUP" \
      'first(.runner_groups[] | select((.name | ascii_downcase) == ($name | ascii_downcase)) | .id)' \
      <<<"$RESPONSE_BODY")"
    [[ -z "$GROUP_ID" ]] || return 0
    count="$(jq '.runner_groups | length' <<<"$RESPONSE_BODY")"
    if ((count < 100)); then
      fail "$EXIT_NOT_FOUND" "the runner group '$RUNNER_GROUP' does not exist in the $GITHUB_SCOPE $GITHUB_OWNER: create it, or set RUNNER_GROUP"
    fi
    page=$((page + 1))
  done
}

random_suffix() {
  openssl rand -hex "$1"
}

# A name for the runner: the prefix and what makes the execution unique, at most 64 characters.
# $1 is a further suffix, given when GitHub says that the name is taken.
runner_name() {
  local further="${1:+-$1}" execution="${CONTAINER_APP_JOB_EXECUTION_NAME:-}" suffix room
  suffix="${execution##*-}"
  suffix="-${suffix:-$(random_suffix 4)}$further"
  room=$((64 - ${#suffix}))
  printf '%s%s' "${RUNNER_NAME_PREFIX:0:room}" "$suffix"
}

jit_request() {
  jq -nc --arg name "$1" --argjson group "$GROUP_ID" --arg labels "$RUNNER_LABELS" \
    --arg work "$RUNNER_WORK_FOLDER" '{
      name: $name, runner_group_id: $group, work_folder: $work,
      labels: ($labels | split(",") | map(gsub("^\\s+|\\s+$"; "")))
    }'
}

# Sets JIT_CONFIGURATION and RUNNER_NAME.
generate_jit_configuration() {
  local attempt
  RUNNER_NAME="$(runner_name)"
  for attempt in 1 2 3 4 5; do
    call POST "$(scope_path)/actions/runners/generate-jitconfig" "$TOKEN" "$(jit_request "$RUNNER_NAME")"
    [[ "$RESPONSE_STATUS" == 409 ]] || break
    log warning "the runner name $RUNNER_NAME is taken (409), attempt $attempt; trying another"
    RUNNER_NAME="$(runner_name "$(random_suffix 3)")"
  done
  if [[ "$RESPONSE_STATUS" != 201 ]]; then
    refuse "register a runner for the $GITHUB_SCOPE $(scope_path)" "$(scope_permission)"
  fi
  if ! JIT_CONFIGURATION="$(jq -er '.encoded_jit_config | strings | select(length > 0)' <<<"$RESPONSE_BODY")"; then
    fail "$EXIT_UNEXPECTED" "GitHub's answer holds no runner configuration"
  fi
}

# The file appears whole or not at all: the runner's container may already be waiting for it.
write_jit_file() {
  local temporary
  temporary="$(mktemp "${JIT_FILE%/*}/.jit.XXXXXXXX")"
  printf '%s' "$JIT_CONFIGURATION" >"$temporary"
  chmod 600 "$temporary"
  if ((EUID == 0)); then
    chown "${RUNNER_UID:-1001}:${RUNNER_UID:-1001}" "$temporary"
  fi
  mv -f -- "$temporary" "$JIT_FILE"
}

mint_jit_configuration() {
  prepare_network
  obtain_token
  find_runner_group
  generate_jit_configuration
  write_jit_file
  log info "runner $RUNNER_NAME is registered for $(scope_path) with labels $RUNNER_LABELS"
}
