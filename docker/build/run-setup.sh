#!/usr/bin/env bash
# Runs the setup script $1 as root and puts what it changed into the folder $2, which the final
# image takes over: that way neither the secrets nor the build arguments that carried them are in
# any layer or in the history. Told by SETUP and SETUP_SECRETS (see the Dockerfile).
set -Eeuo pipefail

: "${SETUP:=}" "${SETUP_SECRETS:=}"
readonly script="$1" changed="$2" removed_list=usr/share/doc/runnerctl/removed

stop() {
  printf 'run-setup: %s\n' "$1" >&2
  exit 1
}

# Places that are no part of an image, or are somebody else's.
readonly ignored=(/proc /sys /dev /run /tmp /var/tmp /var/cache/apt /var/lib/apt/lists /var/log
  /root/.cache /opt/build /opt/setup.sh /etc/hosts /etc/hostname /etc/resolv.conf "$changed")

# list_files [TEST...]: everything outside of the ignored places that passes the test, NUL-separated.
list_files() {
  local prune=() place
  for place in "${ignored[@]}"; do
    prune+=(-path "$place" -o)
  done
  find / -xdev \( "${prune[@]}" -false \) -prune -o "$@" ! -type s -print0 | LC_ALL=C sort -z
}

read_secrets() {
  [[ -n "$SETUP_SECRETS" ]] || return 0
  local decoded name
  decoded="$(base64 -d <<<"$SETUP_SECRETS" 2>/dev/null)" || stop "SETUP_SECRETS is not base64"
  jq -e 'type == "object" and all(.[]; type == "string")' >/dev/null 2>&1 <<<"$decoded" ||
    stop "SETUP_SECRETS is no JSON object of names and texts"
  while IFS= read -r -d '' name && IFS= read -r -d '' value; do
    [[ "$name" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || stop "a secret's name is no variable name: $name"
    secrets["$name"]="$value"
  done < <(jq -j 'to_entries[] | .key, "\u0000", .value, "\u0000"' <<<"$decoded")
}

run_script() {
  local name
  unset SETUP_SECRETS
  (
    for name in "${!secrets[@]}"; do
      export "$name=${secrets[$name]}"
    done
    cd /root && DEBIAN_FRONTEND=noninteractive exec bash "$script"
  ) || stop "the setup script failed with exit code $?"
}

# A folder is needed for what lies in it, with the owner and the mode that it has here.
with_parents() {
  local path
  while IFS= read -r -d '' path; do
    while [[ -n "$path" ]]; do
      printf '%s\0' "$path"
      path="${path%/*}"
    done
  done | LC_ALL=C sort -zu
}

copy_changed() {
  local since="$1"
  list_files \( -newerct "@$since" ! -type d \) >"$work/files"
  list_files -type d -newerct "@$since" >"$work/folders"
  # Folders count when they are new, or have another owner or mode; taking all does no harm.
  cat "$work/files" "$work/folders" | with_parents >"$work/copied"
  tar -C / --null --no-recursion --xattrs --files-from <(sed -z 's,^/,,' "$work/copied") -cf - |
    tar -C "$changed" --xattrs --xattrs-include='*' -xpf -
}

list_removed() {
  list_files >"$work/after"
  mkdir -p "$changed/${removed_list%/*}"
  LC_ALL=C comm -z -23 "$work/before" "$work/after" >"$changed/$removed_list"
}

# Whoever can pull the image could read it.
refuse_secrets_in_files() {
  local name found
  for name in "${!secrets[@]}"; do
    [[ ${#secrets[$name]} -ge 6 ]] || continue
    if found="$(grep -rlF -m1 --devices=skip -f <(printf '%s\n' "${secrets[$name]}") -- "$changed")"; then
      found="${found%%$'\n'*}"
      stop "the setup script left the secret $name in ${found#"$changed"}: write it to no file, or remove that file"
    fi
  done
}

main() {
  mkdir -p "$changed"
  [[ "$SETUP" == 1 ]] || return 0
  declare -gA secrets=()
  work="$(mktemp -d)"
  read_secrets
  list_files >"$work/before"
  # The file system's clock is coarser than ours.
  local since
  since="$(date +%s.%N)"
  sleep 0.1
  run_script
  copy_changed "$since"
  list_removed
  refuse_secrets_in_files
  printf 'run-setup: the script changed %s files and removed %s\n' \
    "$(tr -cd '\0' <"$work/files" | wc -c)" "$(tr -cd '\0' <"$changed/$removed_list" | wc -c)"
}

main
