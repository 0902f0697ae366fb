import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { BuiltImage } from "../ports.js";
import { containerUser } from "./isolation/container-launch.js";
import { additions, makeFolder } from "./isolation/host-tree.js";
import { placeRunnerApplication } from "./runner-application.js";

export const runnerHome = "/home/runner";

export interface ContainerRootOptions {
  readonly root: string;
  readonly image: BuiltImage;
  readonly hostname: string;
  readonly caPem: string;
  /** The bundled program of the stand-in for the runner application. */
  readonly listenerProgram: string;
  /** Whether `/opt/sandbox/node` is where Node will be, or only `process.execPath`. */
  readonly relocated: boolean;
}

/** Makes a container's own tree: the image's files, the usual empty folders and the accounts. */
export function makeContainerRoot(options: ContainerRootOptions): void {
  const { root, image } = options;
  makeFolder(root);
  if (existsSync(image.rootfs)) {
    cpSync(image.rootfs, root, { recursive: true, verbatimSymlinks: true });
    chmodSync(root, 0o755);
    openFolders(root);
  }
  for (const folder of ["etc", "home", "mnt", "opt", "root", "run", "srv", "var", "var/log"]) {
    makeFolder(join(root, folder));
  }
  makeFolder(join(root, "tmp"), 0o1777);
  makeFolder(join(root, "var/tmp"), 0o1777);
  makeFolder(join(root, runnerHome));
  makeFolder(join(root, additions));
  writeFileSync(join(root, additions, "ca.pem"), options.caPem, { mode: 0o644 });
  chmodSync(join(root, additions, "ca.pem"), 0o644);
  if (!existsSync(join(root, runnerHome, "run.sh")) && existsSync(options.listenerProgram)) {
    placeRunnerApplication({
      home: join(root, runnerHome),
      additions: join(root, additions),
      listenerProgram: options.listenerProgram,
      node: options.relocated ? `${additions}/node` : process.execPath,
      seenFrom: options.relocated ? "/" : root,
    });
  }
  writeAccounts(root, options.hostname);
  if (process.getuid?.() === 0) {
    for (const home of [runnerHome, "root"]) giveToRunner(join(root, home));
  }
}

/** Folders that a build made under a private umask must be open to the container's user. */
function openFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    chmodSync(path, lstatSync(path).mode | 0o055);
    openFolders(path);
  }
}

function writeAccounts(root: string, hostname: string): void {
  const files: Record<string, string> = {
    passwd:
      "root:x:0:0:root:/root:/bin/bash\n" +
      `runner:x:${containerUser}:${containerUser}::${runnerHome}:/bin/bash\n` +
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    group: `root:x:0:\nrunner:x:${containerUser}:\nnogroup:x:65534:\n`,
    hosts: `127.0.0.1 localhost ${hostname}\n::1 localhost ip6-localhost ip6-loopback\n`,
    hostname: `${hostname}\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    const file = join(root, "etc", name);
    rmSync(file, { force: true });
    writeFileSync(file, content, { mode: 0o644 });
    chmodSync(file, 0o644);
  }
}

/** The sandbox as root runs containers as uid 1001: the home it works in must be its own. */
function giveToRunner(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chownSync(path, containerUser, containerUser);
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveToRunner(join(path, name));
}
