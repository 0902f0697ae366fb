import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files below a folder that hold any of the texts. */
export function findInFiles(folder: string, texts: readonly string[]): string[] {
  return listFiles(folder).filter((file) => {
    const content = readFileSync(file);
    return texts.some((text) => content.includes(text));
  });
}

/** The contents of all saved plans below a folder: archives, in which a search would find nothing. */
export function readPlanFiles(folder: string): string[] {
  return listFiles(folder)
    .filter((file) => file.endsWith(".tfplan"))
    .flatMap((file) => unzip(readFileSync(file)));
}

/** By the central directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 */
function unzip(archive: Buffer): string[] {
  const contents: string[] = [];
  let at = archive.readUInt32LE(archive.lastIndexOf("PK\u0005\u0006") + 16);
  while (archive.readUInt32LE(at) === 0x02014b50) {
    const [method, size] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(start, start + size);
    contents.push((method === 0 ? data : inflateRawSync(data)).toString("latin1"));
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return contents;
}
