# shellcheck shell=bash
# Downloads with one clear reason when they fail, and what GitHub says of its releases. Sourced.

: "${GITHUB_WEB_URL:=https://github.com}" "${GITHUB_API_URL:=https://api.github.com}"

stop() {
  printf '%s: %s\n' "$(basename -- "$0" .sh)" "$1" >&2
  exit 1
}

# get URL [OPTION...]: curl's answer on stdout. When it fails, REASON_FILE says why in one line.
REASON_FILE="$(mktemp)"
trap 'rm -f -- "$REASON_FILE"' EXIT
get() {
  curl --fail --silent --show-error --location --retry "${DOWNLOAD_RETRIES:-5}" --retry-delay 2 \
    --connect-timeout 15 "${@:2}" -- "$1" 2>"$REASON_FILE"
}

reason() {
  tail -n 1 -- "$REASON_FILE" | sed 's/^curl: //'
}

# latest_tag OWNER/REPOSITORY: the page of the latest release redirects to its tag. No API call,
# hence no rate limit.
latest_tag() {
  local page
  page="$(get "$GITHUB_WEB_URL/$1/releases/latest" --head --output /dev/null --write-out '%{url_effective}')" ||
    return 1
  printf '%s' "${page##*/}"
}

# release_digest OWNER/REPOSITORY TAG NAME: the SHA-256 that GitHub publishes for a release's file.
# The API answers 60 questions an hour for each address, which builders share; the release's page
# has no such limit, and the runner's releases list their digests there too.
release_digest() {
  get "$GITHUB_API_URL/repos/$1/releases/tags/$2" --header "Accept: application/vnd.github+json" |
    jq -er --arg name "$3" 'first(.assets[] | select(.name == $name) | .digest // empty) | ltrimstr("sha256:")' ||
    digest_on_page "$@"
}

digest_on_page() {
  local digest
  digest="$(get "$GITHUB_WEB_URL/$1/releases/tag/$2" |
    sed -nE 's|.*'"${3//./\\.}"'[^0-9a-f]+.*\b([0-9a-f]{64})\b.*|\1|p' | head -n 1)"
  [[ -n "$digest" ]] && printf '%s' "$digest"
}

# fetch_verified URL SHA256 FILE
fetch_verified() {
  local name="${1##*/}" actual
  get "$1" --output "$3" || stop "cannot download $name from ${1%/*}: $(reason)"
  actual="$(sha256sum -- "$3")"
  actual="${actual%% *}"
  [[ "$actual" == "$2" ]] ||
    stop "$name is not what was published: its SHA-256 is $actual instead of $2"
}
