#!/usr/bin/env bash
# Downloads the runner application into the folder $1, verifies it and unpacks it. Told by
# RUNNER_VERSION, RUNNER_SHA256 and RUNNER_DOWNLOAD_URL (see the Dockerfile); GITHUB_API_URL and
# GITHUB_WEB_URL name the GitHub that publishes the releases.
set -Eeuo pipefail

: "${RUNNER_VERSION:=latest}" "${RUNNER_SHA256:=}"
: "${GITHUB_WEB_URL:=https://github.com}" "${GITHUB_API_URL:=https://api.github.com}"
: "${RUNNER_DOWNLOAD_URL:=$GITHUB_WEB_URL/actions/runner/releases/download}"

stop() {
  printf 'fetch-runner: %s\n' "$1" >&2
  exit 1
}

get() {
  curl --fail --silent --show-error --location --retry 5 --retry-delay 2 --connect-timeout 15 "$@"
}

# The web page of the latest release redirects to its tag: no API call, hence no rate limit.
resolve_version() {
  if [[ "$RUNNER_VERSION" == latest ]]; then
    local page
    page="$(get --head --output /dev/null --write-out '%{url_effective}' "$GITHUB_WEB_URL/actions/runner/releases/latest")" ||
      stop "cannot find the latest runner version: set RUNNER_VERSION"
    RUNNER_VERSION="${page##*/v}"
  fi
  RUNNER_VERSION="${RUNNER_VERSION#v}"
  [[ "$RUNNER_VERSION" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "RUNNER_VERSION is no version: $RUNNER_VERSION"
}

resolve_digest() {
  if [[ -z "$RUNNER_SHA256" ]]; then
    RUNNER_SHA256="$(get --header "Accept: application/vnd.github+json" \
      "$GITHUB_API_URL/repos/actions/runner/releases/tags/v$RUNNER_VERSION" |
      jq -er --arg name "$1" 'first(.assets[] | select(.name == $name) | .digest) | ltrimstr("sha256:")')" ||
      stop "GitHub publishes no digest for $1 that can be read from here: set RUNNER_SHA256"
  fi
  [[ "$RUNNER_SHA256" =~ ^[0-9a-f]{64}$ ]] || stop "RUNNER_SHA256 is no SHA-256 digest: $RUNNER_SHA256"
}

main() {
  local target="$1" archive file
  resolve_version
  archive="actions-runner-linux-x64-$RUNNER_VERSION.tar.gz"
  resolve_digest "$archive"
  file="$(mktemp)"
  get --output "$file" "${RUNNER_DOWNLOAD_URL%/}/v$RUNNER_VERSION/$archive" || stop "cannot download $archive"
  printf '%s  %s\n' "$RUNNER_SHA256" "$file" | sha256sum --check --status ||
    stop "$archive is not what was published: its SHA-256 is not $RUNNER_SHA256"
  mkdir -p "$target"
  tar -xzf "$file" --no-same-owner -C "$target"
  rm -f "$file"
  printf 'fetch-runner: runner %s, sha256 %s\n' "$RUNNER_VERSION" "$RUNNER_SHA256"
}

main "$@"
