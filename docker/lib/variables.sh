# shellcheck shell=bash
# What each mode is told by its environment. All problems are found before anything else happens,
# and all are named at once.

PROBLEMS=()

problem() {
  PROBLEMS+=("$1")
}

report_problems() {
  ((${#PROBLEMS[@]} > 0)) || return 0
  local each
  for each in "${PROBLEMS[@]}"; do
    log error "$each"
  done
  exit 2
}

# require NAME PATTERN MEANING: the variable must be set and match the whole pattern.
require() {
  local name="$1" pattern="$2" meaning="$3"
  if [[ -z "${!name:-}" ]]; then
    problem "$name is missing: $meaning"
  elif [[ ! "${!name}" =~ ^(${pattern})$ ]]; then
    problem "$name is malformed: $meaning"
  fi
}

# read_secret NAME: takes NAME or the content of the file named by NAME_FILE, and withdraws both
# from the environment of the programs started from here.
read_secret() {
  local name="$1" file="${1}_FILE" value=""
  if [[ -n "${!name:-}" && -n "${!file:-}" ]]; then
    problem "$name and $file are both set: keep one"
  elif [[ -n "${!name:-}" ]]; then
    value="${!name}"
  elif [[ -n "${!file:-}" ]]; then
    if [[ -r "${!file}" && -f "${!file}" ]]; then
      value="$(<"${!file}")"
    else
      problem "$file names no readable file"
    fi
  fi
  unset -v "$name" "$file"
  printf -v "$name" '%s' "$value"
}

trim() {
  local text="$1"
  text="${text#"${text%%[![:space:]]*}"}"
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}

check_token() {
  GITHUB_PAT="$(trim "$GITHUB_PAT")"
  if [[ ! "$GITHUB_PAT" =~ ^[A-Za-z0-9_.-]+$ ]]; then
    problem "GITHUB_PAT is malformed: a personal access token is one word of letters, digits and underscores"
  fi
}

check_app() {
  require GITHUB_APP_ID '[0-9]+|Iv[A-Za-z0-9.]+' "the GitHub App's numeric id or client id"
  require GITHUB_APP_INSTALLATION_ID '[0-9]+' "the numeric id of the App's installation"
  # Secrets that travelled through a one-line form hold the two characters \n for each line end.
  GITHUB_APP_PRIVATE_KEY="${GITHUB_APP_PRIVATE_KEY//\\n/$'\n'}"
  if [[ -z "$GITHUB_APP_PRIVATE_KEY" ]]; then
    problem "GITHUB_APP_PRIVATE_KEY is missing: the App's private key in PEM form"
  elif ! openssl rsa -noout -passin pass: <<<"$GITHUB_APP_PRIVATE_KEY" 2>/dev/null; then
    problem "GITHUB_APP_PRIVATE_KEY is malformed: it must be an unencrypted RSA private key in PEM form"
  fi
}

check_credential() {
  read_secret GITHUB_PAT
  read_secret GITHUB_APP_PRIVATE_KEY
  local app="${GITHUB_APP_ID:-}${GITHUB_APP_INSTALLATION_ID:-}${GITHUB_APP_PRIVATE_KEY}"
  if [[ -n "$GITHUB_PAT" && -n "$app" ]]; then
    problem "GITHUB_PAT and GITHUB_APP_* are both set: keep one way to authenticate"
  elif [[ -n "$GITHUB_PAT" ]]; then
    check_token
  elif [[ -n "$app" ]]; then
    check_app
  else
    problem "no credential: set GITHUB_PAT (or GITHUB_PAT_FILE), or GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY (or GITHUB_APP_PRIVATE_KEY_FILE)"
  fi
}

check_labels() {
  require RUNNER_LABELS '[^,]+(,[^,]+)*' "the runner's labels, separated by commas"
  local label labels=()
  IFS=, read -r -a labels <<<"${RUNNER_LABELS:-}"
  for label in "${labels[@]+"${labels[@]}"}"; do
    label="$(trim "$label")"
    if [[ -z "$label" || ${#label} -gt 256 ]]; then
      problem "RUNNER_LABELS is malformed: a label has 1 to 256 characters"
    fi
  done
}

check_jit_file() {
  require JIT_FILE '/.+' "the absolute path for the runner configuration"
  if [[ "${JIT_FILE:-}" == /* && ! -w "${JIT_FILE%/*}/" ]]; then
    problem "JIT_FILE is malformed: ${JIT_FILE%/*}/ is not a folder that can be written to"
  fi
}

check_programs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || problem "the image lacks the program $program"
  done
}

check_mint_variables() {
  GITHUB_API_URL="${GITHUB_API_URL:-https://api.github.com}"
  GITHUB_API_URL="${GITHUB_API_URL%/}"
  RUNNER_WORK_FOLDER="${RUNNER_WORK_FOLDER:-_work}"
  RUNNER_GROUP="$(trim "${RUNNER_GROUP:-}")"
  check_programs curl jq openssl
  require GITHUB_API_URL 'https?://[^[:space:]"\\?#]+' "the base of GitHub's REST API, such as https://api.github.com or https://HOST/api/v3"
  require GITHUB_SCOPE 'repository|organization|enterprise' "repository, organization or enterprise"
  require GITHUB_OWNER '[A-Za-z0-9][A-Za-z0-9_-]{0,99}' "the user, organization or enterprise that the runner belongs to"
  if [[ "${GITHUB_SCOPE:-}" == repository ]]; then
    require GITHUB_REPOSITORY '[A-Za-z0-9._-]{1,100}' "the repository's name without its owner"
  fi
  require RUNNER_NAME_PREFIX '[A-Za-z0-9._-]{1,64}' "the first part of the runner's name: letters, digits, dots, dashes, underscores"
  check_labels
  check_jit_file
  check_credential
  check_network
  report_problems
}

# The runner's container must never have held the credential: whatever a process starts with stays
# readable in /proc for all its life.
check_run_variables() {
  local name
  for name in GITHUB_PAT GITHUB_PAT_FILE GITHUB_APP_PRIVATE_KEY GITHUB_APP_PRIVATE_KEY_FILE; do
    if [[ -n "${!name:-}" ]]; then
      problem "$name is set: the runner container must not be given the credential, only the mint container"
    fi
  done
  require JIT_FILE '/.+' "the absolute path of the runner configuration"
  if [[ ! -x "${RUNNER_HOME:=/home/runner}/run.sh" ]]; then
    problem "RUNNER_HOME is wrong: there is no executable $RUNNER_HOME/run.sh"
  fi
  local seconds
  for seconds in JIT_WAIT_SECONDS RUNNER_STOP_SECONDS RUNNER_RETRY_SECONDS; do
    if [[ -n "${!seconds:-}" ]]; then
      require "$seconds" '[0-9]{1,4}' "a whole number of seconds"
    fi
  done
  check_network
  report_problems
}
