import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBuildContext } from "../../src/image/build-context.js";
import { hashContext } from "../../src/image/content-hash.js";
import { createContextArchive } from "../../src/image/context-archive.js";
import { listContext } from "../../src/image/context-entries.js";
import { gzipMembers } from "../../src/image/gzip-members.js";
import { encodeTarHeader } from "../../src/image/tar-header.js";
import { pieceSize } from "../../src/image/piece-pool.js";
import { createTarStream, packContext } from "../../src/image/tar-stream.js";
import { failureOf } from "../azure/failure.js";
import { ContextFolder, readAll } from "./context-folder.js";

let folder: ContextFolder;

beforeEach(() => {
  folder = new ContextFolder();
});

afterEach(() => folder.remove());

const parameters = {
  buildArgs: { A: "1" },
  secretNames: [] as string[],
  platform: "linux/amd64",
  target: undefined as string | undefined,
};

async function hash(more: Partial<typeof parameters> = {}, dockerfile = "Dockerfile") {
  const context = await openBuildContext({ context: folder.path, dockerfile });
  return hashContext(context, { ...parameters, ...more });
}

async function archive(): Promise<Buffer> {
  return readAll(createContextArchive(await listContext(folder.path, "Dockerfile")));
}

const tarEnvironment = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" };

/** Every entry as find sees it: kind, permissions, links, size, target, name. */
function describeTree(root: string): string[] {
  const format = "%y %m %n %l %P %s\\n";
  return execFileSync("find", [root, "-mindepth", "1", "-printf", format], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("d") ? line.replace(/ \d+ (.*) \d+$/, " $1") : line))
    .sort();
}

describe("the archive", () => {
  it("is the same for the same content, whenever and in whatever order it was written", async () => {
    folder.write({ Dockerfile: "FROM x", "b/1": "one", a: "two", "b-c": "" });
    const [firstHash, first] = [await hash(), await archive()];
    folder.remove();
    mkdirSync(folder.path);
    folder.write({ "b-c": "", a: "two", "b/1": "one", Dockerfile: "FROM x" });
    utimesSync(folder.file("a"), 1, 1);
    expect(await hash()).toBe(firstHash);
    expect(
      createHash("sha256")
        .update(await archive())
        .digest("hex"),
    ).toBe(createHash("sha256").update(first).digest("hex"));
  });

  it("has another hash when one byte, mode, name or parameter is another", async () => {
    const hashes: string[] = [];
    const add = async (...args: Parameters<typeof hash>) => hashes.push(await hash(...args));
    folder.write({ Dockerfile: "FROM x", Other: "FROM x", a: "1" });
    await add();
    await add({ buildArgs: { A: "2" } });
    await add({ target: "x" });
    await add({ platform: "linux/arm64" });
    await add({ secretNames: ["TOKEN"] });
    await add({}, "Other");
    folder.write({ a: "2" });
    await add();
    chmodSync(folder.file("a"), 0o755);
    await add();
    folder.write({ b: "" });
    await add();
    mkdirSync(folder.file("empty"));
    await add();
    symlinkSync("a", folder.file("link"));
    await add();
    expect(new Set(hashes).size).toBe(11);
  });

  it("has the same hash under another umask, and for copies instead of hard links", async () => {
    folder.write({ Dockerfile: "FROM x", a: "1", b: "1" });
    const first = await hash();
    chmodSync(folder.file("a"), 0o664);
    expect(await hash()).toBe(first);
    chmodSync(folder.file("a"), 0o644);
    rmSync(folder.file("b"));
    linkSync(folder.file("a"), folder.file("b"));
    expect(await hash()).toBe(first);
  });

  it("unpacks to what was packed: modes, links, long and foreign names", async () => {
    const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(250)}`;
    folder.write({ Dockerfile: "FROM x", "bin/run.sh": "#!/bin/sh\n", [long]: "long" });
    folder.write({ "grüße/名前.txt": "hi", "with space\nand line": "x", "a\\b": "", "-x": "" });
    folder.write({ [`${"p".repeat(99)}x`]: "100", [`${"p".repeat(100)}x`]: "101" });
    mkdirSync(folder.file("empty"));
    for (const [path, mode] of [
      ["bin/run.sh", 0o750],
      ["Dockerfile", 0o600],
      ["-x", 0o4755],
      ["empty", 0o1777],
      ["bin", 0o2775],
    ] as const) {
      chmodSync(folder.file(path), mode);
    }
    symlinkSync("bin/run.sh", folder.file("link"));
    symlinkSync("/etc/passwd", folder.file("absolute"));
    symlinkSync("../../outside", folder.file("bin/outside"));
    symlinkSync("nowhere", folder.file("dangling"));
    symlinkSync("bin", folder.file("folder-link"));
    symlinkSync(`${"t".repeat(200)}/ü`, folder.file("long-link"));
    linkSync(folder.file("bin/run.sh"), folder.file("zz-hard"));
    const out = mkdtempSync(join(tmpdir(), "runnerctl-untar-"));
    try {
      const file = join(out, "c.tgz");
      writeFileSync(file, await archive());
      const target = join(out, "tree");
      mkdirSync(target);
      execFileSync("tar", ["-xpzf", file, "-C", target], { env: tarEnvironment });
      expect(describeTree(target)).toEqual(describeTree(folder.path));
      const listed = execFileSync("tar", ["-tvzf", file, "--quoting-style=escape"], {
        encoding: "utf8",
        env: tarEnvironment,
      });
      expect(listed).toMatch(/^-rwxr-x--- 0\/0 +10 1985-10-26 08:15 bin\/run\.sh$/m);
      expect(listed).toMatch(/^hrwxr-x--- .* zz-hard link to bin\/run\.sh$/m);
    } finally {
      rmSync(out, { recursive: true });
    }
    const entries = await unpackTar(gunzipSync(await archive()), { strict: true });
    expect(entries.map(({ header }) => header.name)).toContain(long);
  });

  it("lists what GNU tar lists for the same folder", async () => {
    folder.write({ Dockerfile: "FROM x", "a/b": "1", "a-b": "2", "a/c/d": "3", ä: "4" });
    symlinkSync("a", folder.file("l"));
    const list = (bytes: Buffer): string[] =>
      execFileSync("tar", ["-tv", "--numeric-owner", "-f", "-"], {
        input: bytes,
        encoding: "utf8",
        env: tarEnvironment,
      })
        .trim()
        .split("\n")
        .sort();
    const names = execFileSync("find", [".", "-mindepth", "1", "-printf", "%P\\0"], {
      cwd: folder.path,
    });
    const theirs = execFileSync(
      "tar",
      [
        ...["-c", "--format=pax", "--owner=0", "--group=0", "--numeric-owner", "--no-recursion"],
        ...["--mtime=@499162500", "--null", "-T", "-"],
      ],
      { cwd: folder.path, input: names },
    );
    const ours = await readAll(createTarStream(await listContext(folder.path, "Dockerfile")));
    expect(list(ours)).toEqual(list(theirs));
  });

  it("is made in pieces of one size, and compressed alike", async () => {
    folder.write({ Dockerfile: "FROM x", a: "x".repeat(3 * pieceSize), b: "y", c: "" });
    const listing = await listContext(folder.path, "Dockerfile");
    const sizes: number[] = [];
    for await (const piece of packContext(listing)) sizes.push(piece.length);
    expect(sizes.slice(0, -1)).toEqual([pieceSize, pieceSize, pieceSize]);
    const plain = await readAll(createTarStream(listing));
    expect(plain.length % 512).toBe(0);
    const packed = await readAll(gzipMembers(packContext(listing)));
    expect(gunzipSync(packed).equals(plain)).toBe(true);
    expect(execFileSync("gzip", ["-dc"], { input: packed, maxBuffer: 1e8 }).equals(plain)).toBe(
      true,
    );
  });

  it("says a size of more than eight gibibytes in an extended header", () => {
    const header = encodeTarHeader({ path: "big", type: "file", mode: 0o644, size: 2 ** 33 });
    expect(header.length).toBe(3 * 512);
    expect(header.toString("latin1")).toContain("19 size=8589934592\n");
  });

  it("streams a large file without holding it", async () => {
    folder.write({ Dockerfile: "FROM x" });
    const size = 192 * 1024 * 1024;
    execFileSync("truncate", ["-s", String(size), folder.file("big.bin")]);
    const listing = await listContext(folder.path, "Dockerfile");
    const before = process.memoryUsage().rss;
    let peak = 0;
    let bytes = 0;
    for await (const piece of packContext(listing)) {
      bytes += piece.length;
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(bytes).toBeGreaterThan(size);
    expect(peak).toBeLessThan(size / 2);
  });
});

describe("a file that changes while it is packed", () => {
  it.each<[string, () => void]>([
    ["shrinks", () => writeFileSync(folder.file("zz.txt"), "01")],
    ["grows", () => writeFileSync(folder.file("zz.txt"), "0123456789abc")],
    ["is gone", () => rmSync(folder.file("zz.txt"))],
    [
      "is written over in its length",
      () => {
        writeFileSync(folder.file("zz.txt"), "9876543210");
        utimesSync(folder.file("zz.txt"), 2_000_000_000, 2_000_000_000);
      },
    ],
  ])("%s: refused", async (_title, change) => {
    folder.write({ Dockerfile: "FROM x", "zz.txt": "0123456789" });
    const listing = await listContext(folder.path, "Dockerfile");
    change();
    const error = await failureOf(readAll(createContextArchive(listing)));
    expect(error).toMatchObject({ code: "image.contextChanged", exitCode: 2 });
    expect(error.message).toContain("zz.txt");
  });
});
