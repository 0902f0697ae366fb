import { describe, expect, it } from "vitest";
import { parseBuildPlatform } from "../../src/domain/build-platform.js";
import { parseBuildStep, summarizeBuildLog } from "../../src/domain/build-states.js";
import { parseTagOption } from "../../src/domain/image-tags.js";
import { findSecretNames } from "../../src/domain/secret-names.js";

describe("a step of a build", () => {
  it.each([
    ["Step 2/9 : RUN make", { number: 2, total: 9, instruction: "RUN make" }],
    ["2026/11/21 09:00:00 Step 2/9 : RUN a", { number: 2, total: 9, instruction: "RUN a" }],
    ["#7 [2/9] RUN make", { number: 2, total: 9, instruction: "RUN make" }],
    ["#12 [builder  3/10] COPY a b", { number: 3, total: 10, instruction: "COPY a b" }],
    ["STEP 4/9: COPY a b", { number: 4, total: 9, instruction: "COPY a b" }],
    ["STEP 4: COPY a b", { number: 4, total: undefined, instruction: "COPY a b" }],
    ["#1 [internal] load build definition", undefined],
    [" ---> Running in 0123", undefined],
    ["echo Step 2/9 : no", undefined],
  ])("%s", (line, step) => {
    expect(parseBuildStep(line)).toEqual(step);
  });
});

describe("a failed build's log", () => {
  it("keeps what the failing step said, of Docker's classic builder", () => {
    const lines = ["Step 1/2 : FROM x", " ---> 1", "Step 2/2 : RUN b", "line of b", "", "exit 3"];
    expect(summarizeBuildLog(lines)).toEqual({
      step: "RUN b",
      lastLines: ["line of b", "exit 3"],
    });
  });

  it("finds the failing one among BuildKit's steps side by side", () => {
    const lines = [
      "#5 [a 2/3] RUN one",
      "#6 [b 2/3] RUN two",
      "#5 0.1 from one",
      "#6 0.1 from two",
      '#5 ERROR: process "/bin/sh -c one" did not complete successfully: exit code: 1',
      "#6 CANCELED",
      "------",
      " > [a 2/3] RUN one:",
    ];
    expect(summarizeBuildLog(lines)).toEqual({
      step: "RUN one",
      lastLines: [
        "#5 0.1 from one",
        '#5 ERROR: process "/bin/sh -c one" did not complete successfully: exit code: 1',
      ],
    });
  });

  it("keeps the end of a log without steps", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `${index}`);
    expect(summarizeBuildLog(lines, 2)).toEqual({ step: undefined, lastLines: ["48", "49"] });
  });
});

describe("names of secrets", () => {
  it.each([
    ...["NPM_TOKEN", "GITHUB_PAT", "DB_PASSWORD", "SECRET", "API_KEY", "npmToken", "APIKEY"],
    ...["AWS_SECRET_ACCESS_KEY", "CLIENT_SECRET", "key", "db_pwd", "REGISTRY_CREDENTIALS"],
  ])("%s", (name) => {
    expect(findSecretNames({ [name]: "value" })).toEqual([name]);
    expect(findSecretNames({ [name]: "" })).toEqual([]);
  });

  it.each([
    ...["KEYBOARD", "MONKEY", "NODE_VERSION", "GPG_KEY_ID", "APT_KEYRING", "SSH_PUBLIC_KEY"],
    ...["PATH", "PATTERN", "TOKENIZER_VERSION", "RUNNER_SHA256"],
  ])("not %s", (name) => {
    expect(findSecretNames({ [name]: "value" })).toEqual([]);
  });

  it("a value that is a token, under any name", () => {
    expect(findSecretNames({ EXTRA: `ghp_${"a".repeat(36)}` })).toEqual(["EXTRA"]);
  });
});

describe("--tag", () => {
  it.each([
    ["v1", undefined, "v1"],
    ["V_1.2-3", undefined, "V_1.2-3"],
    ["tools/runner:v1", "tools/runner", "v1"],
    ["a__b-c.d:1", "a__b-c.d", "1"],
  ])("%s", (text, repository, tag) => {
    expect(parseTagOption(text)).toEqual({ repository, tag });
  });

  it.each([
    ...["", "a:", "-a", ".a", "a b", "ü", "a".repeat(129), "c-0123456789abcdef"],
    ...["x.azurecr.io/a:1", "localhost:5000/a:1", "localhost/a:1", "A:1", "a/:1", ":1"],
  ])("not %j", (text) => {
    expect(parseTagOption(text)).toHaveProperty("problem");
  });
});

describe("--platform", () => {
  it.each([
    ["linux/amd64", "amd64"],
    ["Linux", "amd64"],
    ["linux/arm64/v8", "arm64"],
    ["linux/s390x", undefined],
    ["windows/amd64", undefined],
    ["", undefined],
  ])("%s", (text, architecture) => {
    expect(parseBuildPlatform(text)?.architecture).toBe(architecture);
  });
});
