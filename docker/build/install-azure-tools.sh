#!/usr/bin/env bash
# Installs the Azure CLI from Microsoft's package repository, whose key signs it, and azd from its
# GitHub release, verified against the digest that GitHub publishes. AZURE_CLI_REPOSITORY_URL,
# AZURE_CLI_KEY_URL and AZD_DOWNLOAD_URL name mirrors; AZD_SHA256 spares the question to GitHub.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
here="$(dirname -- "${BASH_SOURCE[0]}")"
# shellcheck source=download.sh
. "$here/download.sh"

: "${AZURE_CLI_REPOSITORY_URL:=https://packages.microsoft.com/repos/azure-cli}"
: "${AZURE_CLI_KEY_URL:=https://packages.microsoft.com/keys/microsoft.asc}"
: "${AZD_VERSION:=latest}" "${AZD_SHA256:=}" "${AZD_PREFIX:=/usr/local}"
: "${AZD_DOWNLOAD_URL:=$GITHUB_WEB_URL/Azure/azure-dev/releases/download}"

install_azure_cli() {
  local codename keyring=/usr/share/keyrings/microsoft.gpg key
  # shellcheck source=/dev/null
  codename="$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")"
  key="$(mktemp)"
  get "$AZURE_CLI_KEY_URL" --output "$key" || stop "cannot download the key of the Azure CLI's packages: $(reason)"
  gpg --batch --yes --dearmor --output "$keyring" "$key" || stop "$AZURE_CLI_KEY_URL holds no key"
  rm -rf "$key" /root/.gnupg
  printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$keyring" "${AZURE_CLI_REPOSITORY_URL%/}" \
    "$codename" >/etc/apt/sources.list.d/azure-cli.list
  bash "$here/install-packages.sh" azure-cli
}

install_azd() {
  local tag="azure-dev-cli_$AZD_VERSION" archive=azd-linux-amd64.tar.gz file
  if [[ "$AZD_VERSION" == latest ]]; then
    tag="$(latest_tag Azure/azure-dev)" || stop "cannot find the latest azd version ($(reason)): set AZD_VERSION"
  fi
  if [[ -z "$AZD_SHA256" ]]; then
    AZD_SHA256="$(release_digest Azure/azure-dev "$tag" "$archive")" ||
      stop "GitHub publishes no digest for $archive of $tag that can be read from here: set AZD_SHA256"
  fi
  file="$(mktemp)"
  fetch_verified "${AZD_DOWNLOAD_URL%/}/$tag/$archive" "$AZD_SHA256" "$file"
  tar -xzf "$file" -C "$AZD_PREFIX/bin" --no-same-owner azd-linux-amd64
  mv -f "$AZD_PREFIX/bin/azd-linux-amd64" "$AZD_PREFIX/bin/azd"
  rm -f "$file"
  printf 'install-azure-tools: azd %s\n' "${tag##*_}"
}

case "${1:-all}" in
  azd) install_azd ;;
  all)
    install_azure_cli
    install_azd
    ;;
esac
