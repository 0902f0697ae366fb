import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listContext } from "../../src/image/context-entries.js";
import { findStages, hasStage, parseStages } from "../../src/image/dockerfile-stages.js";
import { failureOf } from "../azure/failure.js";
import { ContextFolder } from "./context-folder.js";

let folder: ContextFolder;

beforeEach(() => {
  folder = new ContextFolder();
});

afterEach(() => folder.remove());

async function paths(dockerfile = "Dockerfile"): Promise<string[]> {
  const listing = await listContext(folder.path, dockerfile);
  return listing.entries.filter((entry) => entry.type !== "directory").map((entry) => entry.path);
}

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

describe("what belongs to a context", () => {
  it.each<[string, string, string[]]>([
    ["no rules", "", Object.keys(files)],
    ["a name at the top only", "a.md", Object.keys(files).filter((file) => file !== "a.md")],
    [
      "a pattern at any depth",
      "**/*.md",
      ["Dockerfile", "a.txt", "sub/deep/c.log", "node_modules/x/y.js", ".hidden"],
    ],
    [
      "a folder",
      "node_modules/",
      Object.keys(files).filter((file) => !file.startsWith("node_modules")),
    ],
    [
      "an exception below an ignored folder",
      "sub\n!sub/deep/c.log",
      ["Dockerfile", "a.txt", "a.md", "sub/deep/c.log", "node_modules/x/y.js", ".hidden"],
    ],
    [
      "an exception anywhere below an ignored folder",
      "sub\n!**/keep.md",
      ["Dockerfile", "a.txt", "a.md", "sub/keep.md", "node_modules/x/y.js", ".hidden"],
    ],
    ["everything but one, comments and blanks", "# all\n\n*\n!a.txt", ["Dockerfile", "a.txt"]],
    ["the Dockerfile itself stays", "Dockerfile\n.dockerignore", Object.keys(files)],
  ])("%s", async (_title, rules, expected) => {
    folder.write(files);
    if (rules !== "") folder.write({ ".dockerignore": rules });
    expect(await paths()).toEqual([...expected, ...(rules === "" ? [] : [".dockerignore"])].sort());
  });

  it("lists the folders of what it includes, and empty ones", async () => {
    folder.write({ Dockerfile: "FROM x", "sub/deep/a": "", ".dockerignore": "sub\n!sub/deep/a" });
    mkdirSync(folder.file("empty"));
    const { entries } = await listContext(folder.path, "Dockerfile");
    expect(entries.filter(({ type }) => type === "directory").map(({ path }) => path)).toEqual([
      "empty",
      "sub",
      "sub/deep",
    ]);
  });

  it("lets the Dockerfile's own ignore file replace the general one, at the other end too", async () => {
    folder.write({
      "build/app.Dockerfile": "FROM x",
      "build/app.Dockerfile.dockerignore": "a.txt\nbuild",
      ".dockerignore": "b.txt",
      "a.txt": "",
      "b.txt": "",
    });
    expect(await paths("build/app.Dockerfile")).toEqual([
      ".dockerignore",
      "b.txt",
      "build/app.Dockerfile",
      "build/app.Dockerfile.dockerignore",
    ]);
    const listing = await listContext(folder.path, "build/app.Dockerfile");
    expect(listing.entries[0]).toMatchObject({
      path: ".dockerignore",
      source: folder.file("build/app.Dockerfile.dockerignore"),
    });
  });

  it("puts files from elsewhere in their places", async () => {
    folder.write({ "context/Dockerfile": "FROM x", "context/setup.sh": "old", "mine.sh": "new" });
    const { entries, bytes } = await listContext(folder.file("context"), "Dockerfile", {
      files: [
        { path: "setup.sh", source: folder.file("mine.sh") },
        { path: "ca/extra-1.crt", source: folder.file("mine.sh") },
      ],
    });
    expect(entries.map(({ path }) => path)).toEqual([
      "Dockerfile",
      "ca",
      "ca/extra-1.crt",
      "setup.sh",
    ]);
    expect(entries.at(-1)).toMatchObject({ source: folder.file("mine.sh") });
    expect(bytes).toBe("FROM xnewnew".length);
  });

  it("takes a Dockerfile that is named from the working folder", async () => {
    folder.write({ "image/Dockerfile": "FROM x", "image/b/Dockerfile": "FROM y" });
    const locate = async (dockerfile: string) =>
      (await listContext(folder.file("image"), dockerfile, { cwd: folder.path })).dockerfile;
    expect(await locate("b/Dockerfile")).toBe("b/Dockerfile");
    expect(await locate("image/b/Dockerfile")).toBe("b/Dockerfile");
    expect(await locate(folder.file("image/Dockerfile"))).toBe("Dockerfile");
  });

  it("takes a Dockerfile behind a link, with what the link leads to", async () => {
    folder.write({ "files/Dockerfile": "FROM x", ".dockerignore": "files", "..a/x": "" });
    symlinkSync("files/Dockerfile", folder.file("Dockerfile"));
    expect(await paths()).toEqual(["..a/x", ".dockerignore", "Dockerfile", "files/Dockerfile"]);
  });
});

describe("what is refused", () => {
  it.each([
    ["nowhere", "Dockerfile", "image.contextMissing"],
    [".", "Missing", "image.dockerfileMissing"],
    [".", "x", "image.dockerfileMissing"],
    [".", "../Dockerfile", "image.dockerfileOutside"],
    [".", "/etc/hosts", "image.dockerfileOutside"],
    [".", "link", "image.dockerfileOutside"],
    [".", "dangling", "image.dockerfileMissing"],
  ])("context %s with Dockerfile %s: %s", async (context, dockerfile, code) => {
    folder.write({ "x/y": "" });
    symlinkSync("/etc/hosts", folder.file("link"));
    symlinkSync("gone", folder.file("dangling"));
    const error = await failureOf(listContext(folder.file(context), dockerfile));
    expect(error).toMatchObject({ code, exitCode: 2 });
  });

  it("a Dockerfile outside the context, named from the working folder", async () => {
    folder.write({ "image/a": "", Dockerfile: "FROM x" });
    const error = await failureOf(
      listContext(folder.file("image"), "Dockerfile", { cwd: folder.path }),
    );
    expect(error.code).toBe("image.dockerfileOutside");
  });

  it("a socket and a pipe, saying how to leave them out", async () => {
    folder.write({ Dockerfile: "FROM x" });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(folder.file("agent.sock"), resolve));
    try {
      const error = await failureOf(listContext(folder.path, "Dockerfile"));
      expect(error.code).toBe("image.contextEntryUnsupported");
      expect(error.message).toMatch(/a socket.*agent\.sock/);
      folder.write({ ".dockerignore": "*.sock" });
      execFileSync("mkfifo", [folder.file("queue")]);
      const other = await failureOf(listContext(folder.path, "Dockerfile"));
      expect(other.message).toMatch(/a named pipe.*queue/);
      folder.write({ ".dockerignore": "*.sock\nqueue" });
      expect(await paths()).toEqual([".dockerignore", "Dockerfile"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("a name that is not UTF-8", async () => {
    folder.write({ Dockerfile: "FROM x" });
    writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.from([0xe9])]), "");
    const error = await failureOf(listContext(folder.path, "Dockerfile"));
    expect(error.code).toBe("image.contextEntryUnsupported");
  });

  it("an ignore file that Docker refuses, naming its lines", async () => {
    folder.write({ Dockerfile: "FROM x", ".dockerignore": "a\n!\n[" });
    const error = await failureOf(listContext(folder.path, "Dockerfile"));
    expect(error.code).toBe("image.ignoreFileInvalid");
    expect(error.problems.map(({ where }) => where)).toEqual([
      `${folder.file(".dockerignore")}:2`,
      `${folder.file(".dockerignore")}:3`,
    ]);
  });

  it("more than the limit, naming the largest files", async () => {
    folder.write({ Dockerfile: "FROM x", big: "x".repeat(1000), small: "x" });
    const error = await failureOf(listContext(folder.path, "Dockerfile", { limit: 500 }));
    expect(error.code).toBe("image.contextTooLarge");
    expect(error.problems[0]?.where).toBe("big");
    folder.write({ ".dockerignore": "big" });
    await listContext(folder.path, "Dockerfile", { limit: 500 });
  });

  it("nothing more once it is interrupted", async () => {
    folder.write({ Dockerfile: "FROM x" });
    folder.write(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, ""])));
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(listContext(folder.path, "Dockerfile", { signal })).rejects.toThrow("stop");
  });
});

describe("the stages of a Dockerfile", () => {
  it("finds names, in any case and over lines", () => {
    const text =
      "# FROM no AS no\nARG A\nfrom --platform=$X a as Build\nRUN x\nFROM b\nFROM \\\n  c AS last\n";
    expect(parseStages(text)).toEqual(["build", undefined, "last"]);
  });

  it.each([
    ["build", true],
    ["BUILD", true],
    ["1", true],
    ["2", false],
    ["bild", false],
  ])("has %s: %s", async (target, expected) => {
    folder.write({ Dockerfile: "FROM a AS build\nFROM b\n" });
    expect(hasStage(await findStages(folder.file("Dockerfile")), target)).toBe(expected);
  });
});
