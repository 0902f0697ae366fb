#!/usr/bin/env bash
# Installs Node into /usr/local, verified against the published list of digests. NODE_VERSION is
# lts or a version; NODE_DOWNLOAD_URL a mirror of https://nodejs.org/dist.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
# shellcheck source=download.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/download.sh"

: "${NODE_VERSION:=lts}" "${NODE_DOWNLOAD_URL:=https://nodejs.org/dist}" "${NODE_PREFIX:=/usr/local}"
base="${NODE_DOWNLOAD_URL%/}"

if [[ "$NODE_VERSION" == lts ]]; then
  NODE_VERSION="$(get "$base/index.json" | jq -er 'first(.[] | select(.lts != false) | .version)')" ||
    stop "cannot find the Node LTS version at $base ($(reason)): set NODE_VERSION or NODE_DOWNLOAD_URL"
fi
version="v${NODE_VERSION#v}"
[[ "$version" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "NODE_VERSION is no version: $NODE_VERSION"
archive="node-$version-linux-x64.tar.gz"
digest="$(get "$base/$version/SHASUMS256.txt" | awk -v name="$archive" '$2 == name { print $1 }')" ||
  stop "cannot read the digests of Node $version at $base: $(reason)"
[[ -n "$digest" ]] || stop "the digests of Node $version name no $archive"
file="$(mktemp)"
fetch_verified "$base/$version/$archive" "$digest" "$file"
tar -xzf "$file" -C "$NODE_PREFIX" --strip-components=1 --no-same-owner \
  --exclude='*/CHANGELOG.md' --exclude='*/README.md' --exclude='*/share/doc' --exclude='*/share/man'
rm -f "$file"
printf 'install-node: %s\n' "$version"
