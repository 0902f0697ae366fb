import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/**
 * Makes a folder hold these files (relative path → bytes) and no others. Files that already say the
 * same are left alone, and each other one is replaced in one step: a program that is being started
 * from the folder meanwhile finds whole files, those of the last build or those of this one.
 */
export async function replaceFiles(folder, files) {
  // What others import comes first: files in folders below, then the entries.
  const ordered = [...files].sort(([a], [b]) => depth(b) - depth(a));
  for (const [path, bytes] of ordered) {
    const target = join(folder, path);
    const present = await readFile(target).catch(() => undefined);
    if (present?.equals(bytes)) continue;
    await mkdir(dirname(target), { recursive: true });
    const draft = `${target}.${process.pid}.draft`;
    await writeFile(draft, bytes);
    await rename(draft, target);
  }
  for (const path of await listFiles(folder)) {
    if (!files.has(path)) await rm(join(folder, path), { force: true });
  }
}

function depth(path) {
  return path.split("/").length;
}

async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));
}
