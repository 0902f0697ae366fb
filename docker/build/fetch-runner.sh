#!/usr/bin/env bash
# Downloads the runner application into the folder $1, verifies it and unpacks it. Told by
# RUNNER_VERSION, RUNNER_SHA256 and RUNNER_DOWNLOAD_URL (see the Dockerfile); GITHUB_API_URL and
# GITHUB_WEB_URL name the GitHub that publishes the releases.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
# shellcheck source=download.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/download.sh"

: "${RUNNER_VERSION:=latest}" "${RUNNER_SHA256:=}"
: "${RUNNER_DOWNLOAD_URL:=$GITHUB_WEB_URL/actions/runner/releases/download}"

resolve_version() {
  if [[ "$RUNNER_VERSION" == latest ]]; then
    RUNNER_VERSION="$(latest_tag actions/runner)" ||
      stop "cannot find the latest runner version at $GITHUB_WEB_URL ($(reason)): set RUNNER_VERSION"
  fi
  RUNNER_VERSION="${RUNNER_VERSION#v}"
  [[ "$RUNNER_VERSION" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "RUNNER_VERSION is no version: $RUNNER_VERSION"
}

resolve_digest() {
  if [[ -z "$RUNNER_SHA256" ]]; then
    RUNNER_SHA256="$(release_digest actions/runner "v$RUNNER_VERSION" "$1")" ||
      stop "GitHub publishes no digest for $1 that can be read from here: set RUNNER_SHA256"
  fi
  [[ "$RUNNER_SHA256" =~ ^[0-9a-f]{64}$ ]] || stop "RUNNER_SHA256 is no SHA-256 digest: $RUNNER_SHA256"
}

# Node for Alpine serves container jobs alone, and Container Apps runs no containers inside of a job.
drop_unused() {
  rm -rf -- "$1"/externals/*_alpine
}

main() {
  local target="$1" archive file
  resolve_version
  archive="actions-runner-linux-x64-$RUNNER_VERSION.tar.gz"
  resolve_digest "$archive"
  file="$(mktemp)"
  fetch_verified "${RUNNER_DOWNLOAD_URL%/}/v$RUNNER_VERSION/$archive" "$RUNNER_SHA256" "$file"
  mkdir -p "$target"
  tar -xzf "$file" --no-same-owner -C "$target" || stop "$archive cannot be unpacked"
  rm -f "$file"
  drop_unused "$target"
  printf '{"version":"%s","sha256":"%s"}\n' "$RUNNER_VERSION" "$RUNNER_SHA256" >"$target/release.json"
  printf 'fetch-runner: runner %s, sha256 %s\n' "$RUNNER_VERSION" "$RUNNER_SHA256"
}

main "$@"
