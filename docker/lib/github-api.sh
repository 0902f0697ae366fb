# shellcheck shell=bash
# Calls to GitHub's REST API: authentication, retries and what each refusal means.

readonly EXIT_UNAUTHORIZED=20 EXIT_FORBIDDEN=21 EXIT_NOT_FOUND=22 EXIT_UNAVAILABLE=23 EXIT_UNEXPECTED=24

RESPONSE_STATUS=""
RESPONSE_BODY=""
RESPONSE_HEADERS=""

# send METHOD URL TOKEN [BODY]: one request, no retry. The token reaches curl on its standard input,
# never as an argument. Returns curl's exit code.
send() {
  local method="$1" url="$2" token="$3" body="${4:-}" answer code=0
  local options=(--silent --request "$method" --config - --suppress-connect-headers --include
    --connect-timeout 10 --max-time 30 --write-out '\n%{http_code}'
    --header "Accept: application/vnd.github+json" --header "X-GitHub-Api-Version: 2022-11-28"
    --user-agent "runnerctl-entrypoint")
  if [[ -n "$body" ]]; then
    options+=(--header "Content-Type: application/json" --data "$body")
  fi
  # HTTP/1.1 keeps one set of headers an answer, so that they can be told from the body.
  answer="$(curl --http1.1 "${options[@]}" --header "Expect:" --url "$url" \
    <<<"header = \"Authorization: Bearer $token\"")" || code=$?
  RESPONSE_STATUS="${answer##*$'\n'}"
  answer="${answer%$'\n'*}"
  answer="${answer//$'\r'/}"
  RESPONSE_HEADERS="${answer%%$'\n\n'*}"
  RESPONSE_BODY="${answer#*$'\n\n'}"
  return "$code"
}

response_header() {
  local name="$1" line
  while IFS= read -r line; do
    if [[ "${line,,}" == "${name,,}:"* ]]; then
      trim "${line#*:}"
      return 0
    fi
  done <<<"$RESPONSE_HEADERS"
}

response_message() {
  jq -r '[.message, (.errors // [] | .[]? | if type == "object" then .message // .code else . end)]
    | map(select(. != null)) | join("; ")' <<<"$RESPONSE_BODY" 2>/dev/null || true
}

# A rate limit answers 429, or 403 with one of GitHub's three marks of it
# (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
is_rate_limited() {
  [[ "$RESPONSE_STATUS" == 429 ]] && return 0
  [[ "$RESPONSE_STATUS" == 403 ]] || return 1
  [[ -n "$(response_header retry-after)" || "$(response_header x-ratelimit-remaining)" == 0 ]] && return 0
  jq -e '.documentation_url // "" | test("rate-limit")' <<<"$RESPONSE_BODY" >/dev/null 2>&1
}

is_retryable() {
  local curl_code="$1"
  # 60, 51, 77: the server's certificate is not trusted; 3: the URL is none. Trying again is no help.
  case "$curl_code" in
    0) is_rate_limited || [[ "$RESPONSE_STATUS" == 5?? ]] ;;
    3 | 51 | 60 | 77) return 1 ;;
    *) return 0 ;;
  esac
}

# Seconds to wait before the attempt after number $1: what GitHub asks for, or twice as long each time.
retry_delay() {
  local attempt="$1" asked reset
  asked="$(response_header retry-after)"
  reset="$(response_header x-ratelimit-reset)"
  if [[ "$asked" =~ ^[0-9]+$ ]]; then
    printf '%s' "$asked"
  elif [[ "$(response_header x-ratelimit-remaining)" == 0 && "$reset" =~ ^[0-9]+$ ]]; then
    local seconds=$((reset - $(date +%s) + 1))
    printf '%s' "$((seconds > 1 ? seconds : 1))"
  elif is_rate_limited; then
    printf '%s' 60
  else
    printf '%s' "$((${MINT_BACKOFF_SECONDS:-1} << (attempt - 1)))"
  fi
}

describe_failure() {
  local curl_code="$1"
  case "$curl_code" in
    0) printf 'GitHub answered %s%s' "$RESPONSE_STATUS" "${2:+: $2}" ;;
    6) printf 'the host of GITHUB_API_URL cannot be resolved' ;;
    7) printf 'the host of GITHUB_API_URL refuses connections' ;;
    28) printf 'GitHub did not answer in time' ;;
    51 | 60 | 77) printf 'the certificate of GITHUB_API_URL is not trusted by this image' ;;
    *) printf 'the connection to GitHub failed (curl %s)' "$curl_code" ;;
  esac
}

# A renamed or transferred repository answers with its new address. The token goes nowhere but to the
# API that it was meant for.
is_moved() {
  [[ "$RESPONSE_STATUS" == 30[1278] && "$(response_header location)" == "$GITHUB_API_URL"/* ]]
}

# call METHOD PATH TOKEN [BODY]: a request with retries. The answer is in RESPONSE_*; statuses of
# 4xx other than rate limits are the caller's to judge. Never waits past MINT_DEADLINE_SECONDS.
call() {
  local url="$GITHUB_API_URL$2" attempt=1 hops=0 code delay
  local deadline="${MINT_DEADLINE_SECONDS:-300}"
  while :; do
    code=0
    # Not `send … || code=$?` in a subshell: the answer is in this shell's variables.
    RESPONSE_HEADERS="" RESPONSE_BODY=""
    send "$1" "$url" "$3" "${4:-}" || code=$?
    if ((code == 0 && hops < 3)) && is_moved; then
      url="$(response_header location)"
      hops=$((hops + 1))
      continue
    fi
    is_retryable "$code" || break
    delay="$(retry_delay "$attempt")"
    if ((attempt >= 8 || SECONDS + delay > deadline)); then
      fail "$EXIT_UNAVAILABLE" "$(describe_failure "$code" "$(response_message)"); gave up after $attempt attempts on $1 $2 (the next would be in $delay s)"
    fi
    log warning "$(describe_failure "$code"); trying $1 $2 again in $delay s"
    # In the background, because a signal's handler waits for a foreground program to end.
    sleep "$delay" &
    wait "$!"
    attempt=$((attempt + 1))
  done
  if ((code != 0)); then
    fail "$EXIT_UNAVAILABLE" "$(describe_failure "$code")"
  fi
}

# refuse WHAT PERMISSION: ends the program with the meaning of the last answer's status.
refuse() {
  local what="$1" permission="$2" message needed
  message="$(response_message)"
  case "$RESPONSE_STATUS" in
    401)
      fail "$EXIT_UNAUTHORIZED" "cannot $what: GitHub refused the credential (401: $message); it is wrong, expired or revoked, or the App id and key do not belong together"
      ;;
    403)
      needed="$(response_header x-accepted-github-permissions)"
      fail "$EXIT_FORBIDDEN" "cannot $what: permission missing (403: $message); the credential needs $permission${needed:+ (GitHub names $needed)}"
      ;;
    404)
      fail "$EXIT_NOT_FOUND" "cannot $what: not found (404: $message); the name is wrong, or the credential may not see it and needs $permission"
      ;;
    *)
      fail "$EXIT_UNEXPECTED" "cannot $what: GitHub answered $RESPONSE_STATUS${message:+: $message}"
      ;;
  esac
}
