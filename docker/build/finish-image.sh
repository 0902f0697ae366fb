#!/usr/bin/env bash
# The last step as root: removes what the setup script removed, says what is in the image and takes
# the build's own files away.
set -Eeuo pipefail
here="$(dirname -- "${BASH_SOURCE[0]}")"
documents="${DOCUMENTS:-/usr/share/doc/runnerctl}"

if [[ -f "$documents/removed" ]]; then
  xargs -0 -r rm -rf -- <"$documents/removed"
  rm -f -- "$documents/removed"
fi
mkdir -p "$documents"
bash "$here/write-sbom.sh" >"$documents/sbom.spdx.json"
rm -rf /opt/build
