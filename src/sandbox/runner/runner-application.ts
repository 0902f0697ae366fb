import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./isolation/host-tree.js";

/**
 * Puts the stand-in for GitHub's runner application where an image build would have unpacked the
 * real one, with the same two programs: `run.sh` and `bin/Runner.Listener`.
 */
export function placeRunnerApplication(options: {
  readonly home: string;
  readonly additions: string;
  readonly listenerProgram: string;
  readonly node: string;
  /** The container's root as the container's programs see it. */
  readonly seenFrom: string;
}): void {
  const program = join(options.additions, "listener.mjs");
  copyFileSync(options.listenerProgram, program);
  chmodSync(program, 0o644);
  makeFolder(join(options.home, "bin"));
  const seen = (path: string): string => join(options.seenFrom, path);
  writeProgram(
    join(options.home, "bin/Runner.Listener"),
    [
      "#!/bin/bash",
      `export NODE_EXTRA_CA_CERTS=${quote(seen("/opt/sandbox/ca.pem"))}`,
      `exec ${quote(options.node)} ${quote(seen("/opt/sandbox/listener.mjs"))} "$@"`,
    ].join("\n"),
  );
  writeProgram(join(options.home, "run.sh"), runScript);
}

/**
 * Behaves to its caller as the real one does: starts the listener, again after its codes 2, 3 and 4,
 * and turns most failures into 0; with RUNNER_MANUALLY_TRAP_SIG a signal becomes an INT for the
 * listener's process group.
 */
const runScript = String.raw`#!/bin/bash
here="$(cd -- "$(dirname -- "$0")" && pwd)"
stopped=""

start_once() {
  if [[ -n "$RUNNER_MANUALLY_TRAP_SIG" ]]; then
    set -m
    "$here/bin/Runner.Listener" run "$@" &
    listener=$!
    trap 'stopped=yes; kill -INT -- "-$listener" 2>/dev/null' INT TERM
    code=0
    wait "$listener" || code=$?
    if [[ -n "$stopped" ]]; then
      code=0
      wait "$listener" || code=$?
    fi
  else
    code=0
    "$here/bin/Runner.Listener" run "$@" || code=$?
  fi
}

while :; do
  start_once "$@"
  case "$code" in
    2 | 3 | 4)
      [[ -z "$stopped" ]] || exit 0
      echo "Runner listener exited with $code: starting it again."
      sleep 1
      ;;
    7)
      [[ "$ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE" == 1 ]] && exit 7
      exit 0
      ;;
    0)
      echo "Runner listener exit with 0 return code, stop the service, no retry needed."
      exit 0
      ;;
    *)
      echo "Runner listener exited with $code: no retry."
      exit 0
      ;;
  esac
done
`;

function writeProgram(file: string, text: string): void {
  writeFileSync(file, `${text.trimEnd()}\n`);
  chmodSync(file, 0o755);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
