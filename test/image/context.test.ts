import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContextArchive } from "../../src/image/context-archive.js";
import { listContext } from "../../src/image/context-entries.js";
import { hashContext } from "../../src/image/content-hash.js";
import { createTarStream } from "../../src/image/tar-stream.js";
import { failureOf } from "../azure/failure.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "runnerctl-context-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

async function paths(dockerfile = "Dockerfile"): Promise<string[]> {
  const listing = await listContext(folder, dockerfile);
  return listing.entries.filter((entry) => entry.type !== "directory").map((entry) => entry.path);
}

async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const parameters = { dockerfile: "Dockerfile", buildArgs: { A: "1" }, platform: "linux/amd64" };

describe("what belongs to a context", () => {
  const files = {
    Dockerfile: "FROM x",
    "a.txt": "",
    "a.md": "",
    "sub/b.md": "",
    "sub/keep.md": "",
    "sub/deep/c.log": "",
    "node_modules/x/y.js": "",
    ".hidden": "",
  };
  it.each<[string, string, string[]]>([
    ["no rules", "", Object.keys(files)],
    ["a name at the top only", "a.md", Object.keys(files).filter((file) => file !== "a.md")],
    [
      "a pattern at any depth",
      "**/*.md",
      ["Dockerfile", "a.txt", "sub/deep/c.log", "node_modules/x/y.js", ".hidden"],
    ],
    [
      "a top-level pattern leaves depths alone",
      "*.md",
      Object.keys(files).filter((file) => file !== "a.md"),
    ],
    [
      "a folder",
      "node_modules",
      Object.keys(files).filter((file) => !file.startsWith("node_modules")),
    ],
    [
      "an exception",
      "**/*.md\n!sub/keep.md",
      ["Dockerfile", "a.txt", "sub/keep.md", "sub/deep/c.log", "node_modules/x/y.js", ".hidden"],
    ],
    [
      "an exception below an ignored folder",
      "sub\n!sub/deep/c.log",
      ["Dockerfile", "a.txt", "a.md", "sub/deep/c.log", "node_modules/x/y.js", ".hidden"],
    ],
    ["everything but one, comments and blanks", "# all\n\n*\n!a.txt", ["Dockerfile", "a.txt"]],
    ["the Dockerfile itself stays", "Dockerfile\n.dockerignore", Object.keys(files)],
  ])("%s", async (_title, rules, expected) => {
    write(files);
    if (rules !== "") write({ ".dockerignore": rules });
    const found = await paths();
    expect(found).toEqual([...expected, ...(rules === "" ? [] : [".dockerignore"])].sort());
  });

  it("lets the Dockerfile's own ignore file replace the general one", async () => {
    write({
      "build/app.Dockerfile": "FROM x",
      "build/app.Dockerfile.dockerignore": "a.txt",
      ".dockerignore": "b.txt",
      "a.txt": "",
      "b.txt": "",
    });
    expect(await paths("build/app.Dockerfile")).toEqual([
      "b.txt",
      "build/app.Dockerfile",
      "build/app.Dockerfile.dockerignore",
    ]);
  });

  it.each([
    ["nowhere", "Dockerfile", "image.contextMissing"],
    [".", "Missing", "image.dockerfileMissing"],
    [".", "../Dockerfile", "image.dockerfileOutside"],
    [".", "/etc/hosts", "image.dockerfileOutside"],
  ])("refuses context %s with Dockerfile %s: %s", async (context, dockerfile, code) => {
    write({ "x/y": "" });
    const error = await failureOf(listContext(join(folder, context), dockerfile));
    expect(error).toMatchObject({ code, exitCode: 2 });
  });

  it("refuses a socket, and says how to leave it out", async () => {
    write({ Dockerfile: "FROM x" });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, "agent.sock"), resolve));
    try {
      const error = await failureOf(listContext(folder, "Dockerfile"));
      expect(error.code).toBe("image.contextEntryUnsupported");
      expect(error.message).toContain("agent.sock");
      write({ ".dockerignore": "*.sock" });
      expect(await paths()).toEqual([".dockerignore", "Dockerfile"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("refuses more than the limit, and names the largest files", async () => {
    write({ Dockerfile: "FROM x", big: "x".repeat(1000) });
    const error = await failureOf(listContext(folder, "Dockerfile", 500));
    expect(error.code).toBe("image.contextTooLarge");
    expect(error.problems[0]?.where).toBe("big");
  });
});

describe("the archive", () => {
  it("depends on content alone, not on times, owners or the order of writing", async () => {
    write({ Dockerfile: "FROM x", "b/1": "one", a: "two" });
    const first = await hashContext(await listContext(folder, "Dockerfile"), parameters);
    const archive = await read(createContextArchive(await listContext(folder, "Dockerfile")));
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    write({ a: "two", "b/1": "one", Dockerfile: "FROM x" });
    utimesSync(join(folder, "a"), 1, 1);
    chmodSync(join(folder, "a"), 0o600);
    const again = await listContext(folder, "Dockerfile");
    expect(await hashContext(again, parameters)).toBe(first);
    expect((await read(createContextArchive(again))).equals(archive)).toBe(true);
  });

  it("changes with content, mode, name, arguments and Dockerfile", async () => {
    const hashes = new Set<string>();
    const add = async (more: Partial<typeof parameters> = {}) => {
      const listing = await listContext(folder, "Dockerfile");
      hashes.add(await hashContext(listing, { ...parameters, ...more }));
    };
    write({ Dockerfile: "FROM x", a: "1" });
    await add();
    await add({ buildArgs: { A: "2" } });
    await add({ dockerfile: "Other" });
    write({ a: "2" });
    await add();
    chmodSync(join(folder, "a"), 0o755);
    await add();
    write({ b: "" });
    await add();
    mkdirSync(join(folder, "empty"));
    await add();
    expect(hashes.size).toBe(7);
  });

  it("is read by tar: modes, links, long and foreign names", async () => {
    const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(120)}`;
    write({ Dockerfile: "FROM x", "run.sh": "#!/bin/sh\n", [long]: "long", "grüße.txt": "hi" });
    chmodSync(join(folder, "run.sh"), 0o750);
    symlinkSync("run.sh", join(folder, "link"));
    const archive = await read(createContextArchive(await listContext(folder, "Dockerfile")));
    const out = mkdtempSync(join(tmpdir(), "runnerctl-untar-"));
    try {
      writeFileSync(join(out, "c.tgz"), archive);
      const listed = execFileSync("tar", ["-tvzf", join(out, "c.tgz")], {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
      });
      expect(listed).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 00:00 run\.sh$/m);
      expect(listed).toMatch(/link -> run\.sh/);
      expect(listed).toContain(long);
    } finally {
      rmSync(out, { recursive: true });
    }
    const entries = await unpackTar(gunzipSync(archive));
    expect(entries.find((entry) => entry.header.name === "grüße.txt")).toBeDefined();
  });

  it("streams a large file without holding it", async () => {
    write({ Dockerfile: "FROM x" });
    const size = 192 * 1024 * 1024;
    execFileSync("truncate", ["-s", String(size), join(folder, "big.bin")]);
    const listing = await listContext(folder, "Dockerfile");
    global.gc?.();
    const before = process.memoryUsage().rss;
    let peak = 0;
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of createTarStream(listing)) {
      bytes += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(bytes).toBeGreaterThan(size);
    expect(peak).toBeLessThan(size / 2);
  });

  it("fails when a file shrinks while it is packed", async () => {
    write({ Dockerfile: "FROM x", "zz.txt": "0123456789" });
    const listing = await listContext(folder, "Dockerfile");
    write({ "zz.txt": "01" });
    const error = await failureOf(read(createContextArchive(listing)));
    expect(error.code).toBe("image.contextChanged");
  });
});
