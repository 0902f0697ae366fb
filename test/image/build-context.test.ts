import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BuildContext, openBuildContext } from "../../src/image/build-context.js";
import { hashContext } from "../../src/image/content-hash.js";
import { parseGitAddress } from "../../src/image/git-address.js";
import { failureOf } from "../azure/failure.js";
import { ContextFolder, readAll } from "./context-folder.js";

let folder: ContextFolder;

beforeEach(() => {
  folder = new ContextFolder();
  folder.write({ "tree/Dockerfile": "FROM x", "tree/sub/a": "1", "tree/z": "2", "tmp/x": "" });
  vi.stubEnv("TMPDIR", folder.file("tmp"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  folder.remove();
});

function tar(file: string, ...flags: string[]): string {
  execFileSync("tar", ["-C", folder.file("tree"), "-cf", folder.file(file), ...flags, "."]);
  return folder.file(file);
}

function open(context: string, dockerfile = "Dockerfile"): Promise<BuildContext> {
  return openBuildContext({ context, dockerfile });
}

function openPipe(content: Buffer, signal?: AbortSignal): Promise<BuildContext> {
  const stdin = Readable.from([content.subarray(0, 700), content.subarray(700)]);
  return openBuildContext({ context: "-", dockerfile: "Dockerfile", stdin, signal });
}

function identify(context: BuildContext): Promise<string> {
  return hashContext(context, {
    buildArgs: {},
    secretNames: [],
    platform: "linux/amd64",
    target: undefined,
  });
}

async function upload(context: BuildContext): Promise<Buffer> {
  if (context.transport.kind !== "upload") throw new Error("it is not uploaded");
  return readAll(context.transport.open());
}

/** What is kept aside. */
const spools = () => readdirSync(tmpdir()).filter((name) => name !== "x");

describe("an archive as a context", () => {
  it("is known by its content, whatever its times, owners, order and compression", async () => {
    const plain = await open(tar("a.tar", "--format=gnu"));
    expect(plain).toMatchObject({ kind: "archive", files: 3, bytes: 8, dockerfile: "Dockerfile" });
    const others = [
      await open(tar("b.tar.gz", "-z", "--mtime=@1", "--owner=7", "--format=pax")),
      await open(tar("c.tgz", "-z", "--sort=name", "--format=ustar")),
      await openPipe(readFileSync(folder.file("a.tar"))),
      await openPipe(readFileSync(folder.file("b.tar.gz"))),
    ];
    const hash = await identify(plain);
    for (const other of others) expect(await identify(other)).toBe(hash);
    for (const other of others) await other.close();
    writeFileSync(folder.file("tree/z"), "3");
    expect(await identify(await open(tar("d.tar")))).not.toBe(hash);
  });

  it("is uploaded as it is, gzipped if it was not", async () => {
    const gzipped = await open(tar("a.tar.gz", "-z"));
    expect((await upload(gzipped)).equals(readFileSync(folder.file("a.tar.gz")))).toBe(true);
    const plain = await open(tar("b.tar"));
    const sent = await upload(plain);
    expect(gunzipSync(sent).equals(readFileSync(folder.file("b.tar")))).toBe(true);
  });

  it("comes from a pipe, is kept aside for the upload, and removed", async () => {
    const context = await openPipe(readFileSync(tar("a.tar")));
    expect(spools()).toHaveLength(1);
    expect(gunzipSync(await upload(context)).length).toBeGreaterThan(1024);
    await context.close();
    expect(spools()).toEqual([]);
  });

  it("reads long names, and links", async () => {
    const long = `${"d".repeat(120)}/${"e".repeat(120)}`;
    folder.write({ [`tree/${long}/Dockerfile`]: "FROM x" });
    symlinkSync("z", folder.file("tree/link"));
    for (const format of ["gnu", "pax"]) {
      const context = await open(tar(`${format}.tar`, `--format=${format}`), `${long}/Dockerfile`);
      expect(context.files).toBe(4);
    }
  });

  it.each<[string, () => Buffer, string, RegExp]>([
    ["nothing", () => Buffer.alloc(0), "image.archiveInvalid", /empty/],
    [
      "a Dockerfile",
      () => Buffer.from("FROM ubuntu\n"),
      "image.archiveInvalid",
      /not a tar archive/,
    ],
    ["an end alone", () => Buffer.alloc(10_240), "image.archiveInvalid", /not a tar archive/],
    [
      "half an archive",
      () => readFileSync(tar("a.tar", "--exclude=z")).subarray(0, 2000),
      "image.archiveInvalid",
      /damaged or cut short/,
    ],
    [
      "half a gzipped one",
      () => {
        const whole = readFileSync(tar("a.tgz", "-z"));
        return whole.subarray(0, whole.length - 20);
      },
      "image.archiveInvalid",
      /damaged or cut short/,
    ],
    [
      "xz",
      () => Buffer.from("fd377a585a000000", "hex"),
      "image.archiveInvalid",
      /compressed with xz/,
    ],
    [
      "no Dockerfile",
      () => readFileSync(tar("a.tar", "--exclude=Dockerfile")),
      "image.dockerfileMissing",
      /Dockerfile/,
    ],
    [
      "a way out",
      () => readFileSync(tar("a.tar", "--transform=s,^./z,../z,", "-P")),
      "image.contextEntryUnsupported",
      /leads out of the context/,
    ],
    [
      "a named pipe",
      () => {
        execFileSync("mkfifo", [folder.file("tree/queue")]);
        return readFileSync(tar("a.tar"));
      },
      "image.contextEntryUnsupported",
      /named pipe.*queue/,
    ],
  ])("refuses %s", async (_title, content, code, message) => {
    const error = await failureOf(openPipe(content()));
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.message).toMatch(message);
    expect(spools()).toEqual([]);
  });

  it("refuses one that holds more than the limit, however well it is compressed", async () => {
    folder.write({ "tree/zeros": "0".repeat(5_000_000) });
    const file = tar("a.tgz", "-z");
    const error = await failureOf(
      openBuildContext({ context: file, dockerfile: "Dockerfile", limit: 1_000_000 }),
    );
    expect(error.code).toBe("image.contextTooLarge");
  });

  it("refuses a terminal", async () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    const error = await failureOf(
      openBuildContext({ context: "-", dockerfile: "Dockerfile", stdin }),
    );
    expect(error).toMatchObject({ code: "image.stdinMissing", exitCode: 2 });
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(openPipe(readFileSync(tar("a.tar")), signal)).rejects.toThrow("stop");
    expect(spools()).toEqual([]);
  });
});

describe("a repository as a context", () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  it.each([
    ["https://github.com/o/r.git", "https://github.com/o/r.git", undefined, undefined],
    ["https://github.com/o/r", "https://github.com/o/r.git", undefined, undefined],
    ["github.com/o/r", "https://github.com/o/r.git", undefined, undefined],
    ["https://h/r.git#main", "https://h/r.git#main", "main", undefined],
    ["https://h/r.git#main:a/b", "https://h/r.git#main:a/b", "main", "a/b"],
    ["https://h/r.git#:a", "https://h/r.git#:a", undefined, "a"],
    ["https://h/r.git#feature/x:a", "https://h/r.git#feature/x:a", "feature/x", "a"],
    [`https://h/r.git#${commit}`, `https://h/r.git#${commit}`, commit, undefined],
    ["git://h/r", "git://h/r", undefined, undefined],
    [
      "https://org@dev.azure.com/org/p/_git/r#main",
      "https://dev.azure.com/org/p/_git/r#main",
      "main",
      undefined,
    ],
  ])("%s", (text, location, ref, subfolder) => {
    expect(parseGitAddress(text)).toMatchObject({ location, ref, folder: subfolder });
    expect(parseGitAddress(text).isPinned).toBe(ref === commit);
  });

  it.each([
    ["git@github.com:o/r.git", "image.gitAddressUnsupported", /no SSH key/],
    ["ssh://git@h/r.git", "image.gitAddressUnsupported", /no SSH key/],
    ["https://gho_secret@github.com/o/r.git", "image.gitCredentials", /carries a credential/],
    ["https://u:gho_secret@h/r.git", "image.gitCredentials", /carries a credential/],
    ["https://h/context.tar.gz", "image.gitAddressUnsupported", /does not end in \.git/],
    ["https://h/r.git?token=gho_secret", "image.gitAddressUnsupported", /no query/],
    ["https://h/r.git#main:../x", "image.gitAddressUnsupported", /no ref and folder/],
    ["https://h/r.git#--upload-pack=x", "image.gitAddressUnsupported", /no ref and folder/],
    ["ftp://h/r.git", "image.gitAddressUnsupported", /only https/],
    ["https://", "image.gitAddressUnsupported", /only https/],
  ])("refuses %s", async (text, code, message) => {
    const error = await failureOf(open(text));
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.message).toMatch(message);
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain(
      "gho_secret",
    );
  });

  it("is known by its address, ref and folder", async () => {
    const hashes = new Set<string>();
    for (const text of ["https://h/r.git", "https://h/r.git#b", "https://h/r.git#b:c"]) {
      hashes.add(await identify(await open(text)));
      hashes.add(await identify(await open(text)));
    }
    hashes.add(await identify(await open("https://h/r.git", "Other")));
    expect(hashes.size).toBe(4);
    expect((await open(`https://h/r.git#${commit}`)).transport).toEqual({
      kind: "address",
      location: `https://h/r.git#${commit}`,
    });
  });
});

describe("where a context lies", () => {
  it("is relative to the working folder", async () => {
    const context = await openBuildContext({
      context: "tree",
      dockerfile: "Dockerfile",
      cwd: folder.path,
    });
    expect(context).toMatchObject({ kind: "folder", files: 3, stages: [undefined] });
  });

  it("has to exist", async () => {
    const error = await failureOf(open(folder.file("nowhere")));
    expect(error).toMatchObject({ code: "image.contextMissing", exitCode: 2 });
  });
});
