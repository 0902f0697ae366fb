#!/usr/bin/env bash
# Installs the apt packages given as arguments and leaves no cache behind; makes certificates that
# lie in /usr/local/share/ca-certificates trusted.
set -Eeuo pipefail

export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
failed() {
  printf 'install-packages: %s\n' "$1" >&2
  exit 1
}

apt-get update -qq || failed "the package lists cannot be read: is the base's package mirror reachable (HTTP_PROXY)?"
if [[ "${UPGRADE:-}" == yes ]]; then
  apt-get upgrade -qq -y --no-install-recommends >/dev/null || failed "the base's packages cannot be upgraded"
fi
apt-get install -qq -y --no-install-recommends "$@" >/dev/null ||
  failed "these packages cannot be installed: $*"
if command -v update-ca-certificates >/dev/null; then
  update-ca-certificates >/dev/null
fi
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt \
  /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache
