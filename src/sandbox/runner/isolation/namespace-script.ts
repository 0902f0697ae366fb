/**
 * Becomes a container's first process: runs in fresh mount and PID namespaces, builds the root out
 * of binds, moves into it and gives up its privileges. A shell, because Node cannot call mount(2) or
 * replace itself with another program. Nothing is expanded into this text.
 *
 * Arguments: root, workdir, identity, then `ro|rw SOURCE TARGET` …, `--`, the command.
 * Descriptor 3 tells its pid as the host sees it and, at the end, `ready`; descriptor 4 brings the
 * command's environment as NUL-separated assignments (not this shell's own, which runs outside).
 */
export const namespaceScript = String.raw`
set -eu
read -r host_pid _ </proc/self/stat
echo "$host_pid" >&3
mapfile -d '' -t variables <&4
exec 4<&-
root=$1 workdir=$2 identity=$3
shift 3
mount --rbind "$root" "$root"
while [ "$1" != -- ]; do
  mount --rbind "$2" "$root$3"
  if [ "$1" = ro ]; then
    mount -o remount,bind,ro "$root$3" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$root$3"
  fi
  shift 3
done
shift
mount -t proc proc "$root/proc"
cd "$root"
pivot_root . .
umount -l .
cd "$workdir"
case $identity in
  drop) become=(setpriv --reuid=1001 --regid=1001 --clear-groups --no-new-privs --bounding-set=-all --pdeathsig=KILL --) ;;
  drop-root) become=(setpriv --reuid=1001 --regid=1001 --clear-groups --pdeathsig=KILL -- unshare --user --map-root-user -- setpriv --no-new-privs --pdeathsig=KILL --) ;;
  map) become=(unshare --user --map-user=1001 --map-group=1001 -- setpriv --no-new-privs --pdeathsig=KILL --) ;;
  map-root) become=(unshare --user --map-root-user -- setpriv --no-new-privs --pdeathsig=KILL --) ;;
esac
unset OLDPWD
for variable in "${"${variables[@]}"}"; do
  export "$variable" 2>/dev/null || true
done
echo ready >&3
exec 3>&-
exec "${"${become[@]}"}" "$@"
`;
