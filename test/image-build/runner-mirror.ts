import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/*
 * A mirror that serves a stand-in for the runner application. Its listener does what the variable
 * STAND_IN says, after looking at everything that a workflow job in its place could look at.
 */

export const standInVersion = "2.999.1";

const listener = String.raw`#!/bin/bash
if [[ "$1" == --version ]]; then
  mkdir -p "$(dirname "$0")/../_diag"
  echo ${standInVersion}
  exit 0
fi
echo "user $(id -u):$(id -g) arguments [$*]"
cd /home/runner || exit 90
[[ -f .runner && -f .credentials ]] || { echo "Runner is not configured."; exit 91; }
for process in /proc/[0-9]*; do
  for file in environ cmdline; do
    echo "== $process/$file"
    tr '\0' '\n' <"$process/$file"
  done
done >/home/runner/processes 2>/dev/null
ls -A /mnt/jit | sed 's/^/left in the volume: /'
count=0
trap 'count=$((count + 1)); echo "INT $count"' INT
trap 'echo TERM' TERM
echo "2026-01-01 00:00:00Z: Listening for Jobs"
case "$STAND_IN" in
  exit-*) exit "${"$"}{STAND_IN#exit-}" ;;
  wait)
    while ((count == 0)); do sleep 0.05; done
    sleep 0.5
    exit 0
    ;;
  stubborn) while :; do sleep 0.05; done ;;
  job)
    bash -e "$ACTIONS_RUNNER_HOOK_JOB_STARTED"
    bash -e "$ACTIONS_RUNNER_HOOK_JOB_COMPLETED"
    echo "2026-01-01 00:00:05Z: Job build completed with result: Succeeded"
    ;;
esac
`;

const dependencies = `#!/bin/bash
test "$(id -u)" = 0
`;

export interface RunnerMirror {
  readonly url: string;
  readonly sha256: string;
  readonly close: () => Promise<void>;
}

export async function startRunnerMirror(folder: string): Promise<RunnerMirror> {
  const app = join(folder, "app");
  const files = {
    "bin/Runner.Listener": listener,
    "bin/installdependencies.sh": dependencies,
    "run.sh": "#!/bin/bash\nexit 92\n",
    "externals/node20_alpine/bin/node": "#!/bin/sh\n",
    "externals/node20/bin/node": "#!/bin/sh\n",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(app, name, ".."), { recursive: true });
    writeFileSync(join(app, name), text);
    chmodSync(join(app, name), 0o755);
  }
  const archive = join(folder, "app.tar.gz");
  // The same bytes each time, so that earlier layers are found again.
  execFileSync("tar", [
    ...["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"],
    ...["--use-compress-program=gzip -n", "-cf", archive, "-C", app, "."],
  ]);
  const bytes = readFileSync(archive);
  const path = `/v${standInVersion}/actions-runner-linux-x64-${standInVersion}.tar.gz`;
  const server = createServer((request, response) => {
    if (request.url === path) response.writeHead(200).end(bytes);
    else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
