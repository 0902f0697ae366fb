import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface Bind {
  readonly kind: "ro" | "rw";
  readonly source: string;
  /** Absolute, inside the container. */
  readonly target: string;
}

/** What stands in for a base image: the machine's own programs and libraries, read-only. */
const systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** Where the sandbox keeps what it adds to a container. */
export const additions = "/opt/sandbox";

/** Of /etc only what programs need to work; the rest is the machine's own business. */
const copiedSettings = [
  "alternatives",
  "ca-certificates.conf",
  "debian_version",
  "inputrc",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "login.defs",
  "lsb-release",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "profile",
  "protocols",
  "services",
  "terminfo",
  "timezone",
];
const boundSettings = ["/etc/ssl", "/etc/pki", "/etc/ca-certificates"];

const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Lays the machine's system under a container's root, which already holds the image's files. Folders
 * that both have are merged on the side: the image's files, and links to the machine's.
 */
export function layHostTree(root: string, scratch: string, caPem: string): Bind[] {
  return [
    ...bindSystem(root, scratch),
    ...bindSettings(root),
    ...bindBundles(root, scratch, caPem),
    ...bindDevices(root),
  ];
}

function bindSystem(root: string, scratch: string): Bind[] {
  const binds: Bind[] = [];
  for (const folder of systemFolders) {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.isSymbolicLink()) {
      if (!existsSync(join(root, folder))) symlinkSync(readlinkSync(folder), join(root, folder));
      continue;
    }
    const base = join(additions, "base", folder);
    const merged = findMergedFolders(join(root, folder), folder);
    const trees = merged.map((path) => {
      const tree = join(scratch, "merged", path);
      mergeFolder(tree, join(root, path), path, base + path.slice(folder.length));
      return { kind: "ro" as const, source: tree, target: path };
    });
    makeFolder(join(root, folder));
    binds.push({ kind: "ro", source: folder, target: folder });
    if (trees.length > 0) {
      makeFolder(join(root, base));
      binds.push({ kind: "ro", source: folder, target: base }, ...trees);
    }
  }
  return binds;
}

/** The topmost folders in which the image has something of its own. */
function findMergedFolders(image: string, host: string): string[] {
  if (!existsSync(image)) return [];
  const children = readdirSync(image);
  const shared = (name: string): boolean =>
    isFolder(join(image, name)) && isFolder(join(host, name));
  if (!children.every(shared)) return [host];
  return children.flatMap((name) => findMergedFolders(join(image, name), join(host, name)));
}

function mergeFolder(tree: string, image: string, host: string, base: string): void {
  makeFolder(tree);
  for (const name of readdirSync(image)) {
    if (isFolder(join(image, name)) && isFolder(join(host, name))) {
      mergeFolder(join(tree, name), join(image, name), join(host, name), join(base, name));
    } else {
      cpSync(join(image, name), join(tree, name), { recursive: true, verbatimSymlinks: true });
    }
  }
  for (const name of readdirSync(host)) {
    if (lstatSync(join(tree, name), { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(join(base, name), join(tree, name));
  }
}

function bindSettings(root: string): Bind[] {
  for (const name of copiedSettings) {
    const target = join(root, "etc", name);
    if (!existsSync(join("/etc", name)) || existsSync(target)) continue;
    try {
      cpSync(join("/etc", name), target, { recursive: true, verbatimSymlinks: true });
    } catch {
      // Not readable for this user: then the container does without it.
    }
  }
  const resolv = readOptional("/etc/resolv.conf");
  if (resolv !== undefined) writeFileSync(join(root, "etc/resolv.conf"), resolv, { mode: 0o644 });
  return boundSettings.filter(isFolder).map((folder) => {
    makeFolder(join(root, folder));
    return { kind: "ro", source: folder, target: folder };
  });
}

/** The container trusts the sandbox's CA by the system's bundle, as an image would be given one. */
function bindBundles(root: string, scratch: string, caPem: string): Bind[] {
  const targets = new Set(
    bundles.filter((file) => existsSync(file)).map((file) => realpathSync(file)),
  );
  const binds: Bind[] = [];
  for (const target of targets) {
    if (!boundSettings.some((folder) => target.startsWith(`${folder}/`))) continue;
    const merged = join(scratch, `bundle-${binds.length}.crt`);
    writeFileSync(merged, `${readFileSync(target, "utf8").trimEnd()}\n${caPem}`, { mode: 0o644 });
    chmodSync(merged, 0o644);
    binds.push({ kind: "ro", source: merged, target });
  }
  if (binds.length === 0) {
    const target = bundles[0] ?? "";
    makeFolder(dirname(join(root, target)));
    writeFileSync(join(root, target), caPem, { mode: 0o644 });
  }
  return binds;
}

function bindDevices(root: string): Bind[] {
  makeFolder(join(root, "dev"));
  makeFolder(join(root, "dev/shm"), 0o1777);
  for (const [name, target] of Object.entries({
    fd: "/proc/self/fd",
    stdin: "/proc/self/fd/0",
    stdout: "/proc/self/fd/1",
    stderr: "/proc/self/fd/2",
  })) {
    symlinkSync(target, join(root, "dev", name));
  }
  return ["null", "zero", "full", "random", "urandom", "tty"].map((name) => {
    writeFileSync(join(root, "dev", name), "");
    return { kind: "rw", source: `/dev/${name}`, target: `/dev/${name}` };
  });
}

/** With exactly this mode, whatever the process's umask. */
export function makeFolder(path: string, mode = 0o755): void {
  if (isFolder(path)) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  mkdirSync(path);
  chmodSync(path, mode);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
