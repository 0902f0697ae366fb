#!/usr/bin/env bash
# Everything that a job of the preset needs, except for the runner application: packages, further
# tools, certificates and the user. Told by PRESET and PACKAGES (see the Dockerfile).
set -Eeuo pipefail
here="$(dirname -- "${BASH_SOURCE[0]}")"

: "${PRESET:=minimal}" "${PACKAGES:=}"
: "${RUNNER_HOME:=/home/runner}" "${RUNNER_UID:=1001}"

stop() {
  printf 'install-image: %s\n' "$1" >&2
  exit 1
}

# What the entry point itself runs, and git: every preset has them.
packages=(ca-certificates curl git jq openssl tar)
case "$PRESET" in
  minimal) ;;
  standard | azure) packages+=(build-essential python3 python3-pip python3-venv unzip xz-utils zip) ;;
  *) stop "unknown PRESET $PRESET: say minimal, standard or azure" ;;
esac
if [[ "$PRESET" == azure ]]; then
  packages+=(gnupg)
fi

create_user() {
  local owner
  owner="$(getent passwd "$RUNNER_UID" | cut -d: -f1 || true)"
  if [[ -n "$owner" && "$owner" != runner ]]; then
    stop "the base image has given the user id $RUNNER_UID, which is the runner's, to $owner"
  fi
  if [[ -z "$owner" ]]; then
    groupadd --gid "$RUNNER_UID" runner
    useradd --uid "$RUNNER_UID" --gid "$RUNNER_UID" --home-dir "$RUNNER_HOME" --no-create-home \
      --no-log-init --shell /bin/bash runner
  fi
  chown "$RUNNER_UID:$RUNNER_UID" "$RUNNER_HOME"
}

# The runner's own script knows which ICU and OpenSSL the distribution has.
install_runner_dependencies() {
  local log
  log="$(mktemp)"
  DEBIAN_FRONTEND=noninteractive bash "$RUNNER_HOME/bin/installdependencies.sh" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    stop "the runner's own dependencies cannot be installed on this base"
  }
  rm -f "$log"
}

read -r -a further <<<"$PACKAGES"
UPGRADE=yes bash "$here/install-packages.sh" "${packages[@]}"
install_runner_dependencies
if [[ "$PRESET" != minimal ]]; then
  bash "$here/install-node.sh"
fi
if [[ "$PRESET" == azure ]]; then
  bash "$here/install-azure-tools.sh"
fi
# Once more even without further packages: it removes what the others left in caches.
bash "$here/install-packages.sh" "${packages[@]}" "${further[@]+"${further[@]}"}"
create_user
rm -rf /opt/build
