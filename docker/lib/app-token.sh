# shellcheck shell=bash
# A GitHub App's way to a token: a JWT signed with its key, traded for an installation token
# (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app).

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Prints a JWT good for nine minutes; issued a minute ago, because clocks differ. The key reaches
# openssl through a pipe that only its process can open.
sign_app_jwt() {
  local now header claims unsigned
  now="$(date +%s)"
  header="$(printf '{"alg":"RS256","typ":"JWT"}' | base64url)"
  claims="$(jq -jnc --arg iss "$GITHUB_APP_ID" --argjson now "$now" \
    '{iat: ($now - 60), exp: ($now + 540), iss: $iss}' | base64url)"
  unsigned="$header.$claims"
  printf '%s.%s' "$unsigned" "$(
    printf '%s' "$unsigned" |
      openssl dgst -sha256 -sign <(printf '%s\n' "$GITHUB_APP_PRIVATE_KEY") -binary | base64url
  )"
}

# Sets TOKEN to the PAT, or to a fresh installation token.
obtain_token() {
  if [[ -n "$GITHUB_PAT" ]]; then
    TOKEN="$GITHUB_PAT"
    return 0
  fi
  local jwt
  jwt="$(sign_app_jwt)"
  call POST "/app/installations/$GITHUB_APP_INSTALLATION_ID/access_tokens" "$jwt" '{}'
  if [[ "$RESPONSE_STATUS" != 201 ]]; then
    refuse "get a token for installation $GITHUB_APP_INSTALLATION_ID of GitHub App $GITHUB_APP_ID" "an installation of this App that is not suspended"
  fi
  # jq's -e and not its text: -r would print an absent token as the word null.
  # shellcheck disable=SC2034  # read by mint.sh
  if ! TOKEN="$(jq -er '.token | strings | select(length > 0)' <<<"$RESPONSE_BODY")"; then
    fail "$EXIT_UNEXPECTED" "GitHub's answer holds no installation token"
  fi
}
