#!/usr/bin/env bash
# Prints what the image holds as an SPDX 2.3 document (https://spdx.github.io/spdx-spec/v2.3/): the
# runner application with its digest, Node and azd where the preset has them, and every package of
# the distribution. Told by BASE_IMAGE, REVISION and CREATED (see the Dockerfile).
set -Eeuo pipefail

: "${BASE_IMAGE:=}" "${REVISION:=}" "${CREATED:=}" "${RUNNER_HOME:=/home/runner}"
CREATED="${CREATED:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}"
# SPDX knows no fractions of a second.
CREATED="${CREATED%.*}"
CREATED="${CREATED%Z}Z"
# shellcheck source=/dev/null
distribution="$(. /etc/os-release && printf '%s' "$ID")"

list_packages() {
  # shellcheck disable=SC2016  # dpkg's own variables
  dpkg-query --show --showformat '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n' |
    awk -F '\t' '$1 == "installed"' | cut -f 2-
}

version_of() {
  local version
  version="$("$@" 2>/dev/null)" || return 0
  grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$version" | head -n 1
}

if [[ -f "$RUNNER_HOME/release.json" ]]; then
  runner="$(<"$RUNNER_HOME/release.json")"
else
  runner='{}'
fi

list_packages | jq -Rn \
  --arg distribution "$distribution" --arg base "$BASE_IMAGE" --arg revision "$REVISION" \
  --arg created "$CREATED" --argjson runner "$runner" \
  --arg node "$(version_of /usr/local/bin/node --version)" \
  --arg azd "$(version_of /usr/local/bin/azd version)" '
  def id: "SPDXRef-" + gsub("[^A-Za-z0-9.-]"; "-");
  def package(name; version; purl; extra): {
    SPDXID: ("Package-" + name + "-" + version | id), name: name, versionInfo: version,
    downloadLocation: "NOASSERTION", filesAnalyzed: false, licenseConcluded: "NOASSERTION",
    licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION",
    externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl}]
  } + extra;
  def text: @uri;
  [inputs | split("\t")] as $installed
  | ($runner.version // "unknown") as $runnerVersion
  | [
      package("actions-runner"; $runnerVersion; "pkg:github/actions/runner@v" + $runnerVersion;
        if $runner.sha256 then {checksums: [{algorithm: "SHA256", checksumValue: $runner.sha256}]} else {} end),
      (if $node == "" then empty else package("node"; $node; "pkg:generic/node@" + $node; {}) end),
      (if $azd == "" then empty else package("azd"; $azd; "pkg:github/Azure/azure-dev@" + $azd; {}) end),
      ($installed[] | package(.[0]; .[1];
        "pkg:deb/\($distribution)/\(.[0] | text)@\(.[1] | text)?arch=\(.[2])"; {}))
    ] as $packages
  | {
      spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT",
      name: "runnerctl-runner",
      documentNamespace: ("https://runnerctl.invalid/spdx/" + (if $revision == "" then "image" else $revision end) + "/" + $created),
      creationInfo: {created: $created, creators: ["Tool: runnerctl"]},
      comment: ("Base image: " + $base),
      packages: $packages,
      relationships: [$packages[] | {
        spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: .SPDXID
      }]
    }'
