import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { suggestRole } from "../../src/domain/azure-roles.js";
import { classifyBuildStatus, summarizeBuildLog } from "../../src/domain/build-states.js";
import { pollDelay } from "../../src/domain/clock.js";
import {
  classifyExecutionStatus,
  describeEvidence,
  readContainerEvidence,
} from "../../src/domain/execution-states.js";
import { checkGithubSecret } from "../../src/domain/github-secret.js";
import { contentTag, parseImageReference } from "../../src/domain/image-tags.js";
import { buildLogQuery, LogDeduplicator, quoteKql } from "../../src/domain/log-query.js";
import { SecretText } from "../../src/domain/secret-text.js";

describe("statuses", () => {
  it.each([
    ["Succeeded", "succeeded"],
    ["Failed", "failed"],
    ["Degraded", "failed"],
    ["Stopped", "failed"],
    ["Running", "running"],
    ["Processing", "running"],
    ["Unknown", "running"],
    ["Invented", "running"],
    [undefined, "running"],
  ])("an execution that is %s is %s", (status, phase) => {
    expect(classifyExecutionStatus(status)).toBe(phase);
  });

  it.each([
    ["Queued", "running"],
    ["Started", "running"],
    ["Running", "running"],
    ["Succeeded", "succeeded"],
    ["Failed", "failed"],
    ["Error", "failed"],
    ["Timeout", "failed"],
    ["Canceled", "cancelled"],
  ])("a build that is %s is %s", (status, phase) => {
    expect(classifyBuildStatus(status)).toBe(phase);
  });

  it.each([undefined, null, "x", {}, { replicas: 3 }, { replicas: [{ containers: null }, null] }])(
    "takes no evidence from %o",
    (value) => {
      expect(readContainerEvidence(value)).toEqual([]);
    },
  );

  it("leaves out containers that ended well or say nothing", () => {
    const evidence = readContainerEvidence({
      replicas: [
        {
          containers: [
            { name: "mint", code: 0, status: "Terminated" },
            { name: "runner", code: 137, additionalInformation: "OOMKilled" },
            { name: "other" },
          ],
        },
      ],
    });
    expect(describeEvidence(evidence)).toEqual(["runner: exit code 137 (OOMKilled)"]);
  });
});

describe("a failed build's log", () => {
  it.each([
    [["Step 1/3 : FROM x", "Step 2/3 : RUN false", "The command failed"], "RUN false"],
    [["2026/11/21 09:00:00 Step 1/1 : RUN a", "boom"], "RUN a"],
    [["#5 [2/3] RUN b", "#5 ERROR"], "RUN b"],
    [["STEP 4/9: COPY c /c"], "COPY c /c"],
    [["no step here"], undefined],
  ])("%o failed in %s", (lines, step) => {
    expect(summarizeBuildLog(lines).step).toBe(step);
  });

  it("keeps the last lines that say something", () => {
    const lines = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? `${index}` : " "));
    expect(summarizeBuildLog(lines).lastLines).toHaveLength(20);
    expect(summarizeBuildLog(lines).lastLines.at(-1)).toBe("38");
  });
});

describe("image references", () => {
  it.each([
    ["localhost:5000/runner:c-1", { registry: "localhost:5000", repository: "runner", tag: "c-1" }],
    [
      "x.azurecr.io/a/b@sha256:0f",
      { registry: "x.azurecr.io", repository: "a/b", digest: "sha256:0f" },
    ],
    ["library/ubuntu", undefined],
    ["ubuntu:24.04", undefined],
  ])("%s", (reference, expected) => {
    const parsed = parseImageReference(reference);
    if (expected === undefined) expect(parsed).toBeUndefined();
    else expect(parsed).toMatchObject(expected);
  });

  it("has a tag of sixteen digits", () => {
    expect(contentTag("0123456789abcdef0123")).toBe("c-0123456789abcdef");
  });
});

describe("log queries", () => {
  it("quotes what could end a literal", () => {
    expect(quoteKql("a'b\\c\n| take 1")).toBe("'a\\'b\\\\c\\n| take 1'");
  });

  it("asks for the newest lines of one execution", () => {
    const query = buildLogQuery({
      job: "caj-x",
      execution: "caj-x-abc",
      container: "runner",
      since: new Date("2026-01-01T00:00:00Z"),
      limit: 5,
    });
    expect(query.split("\n| ")).toEqual([
      "ContainerAppConsoleLogs_CL",
      "where TimeGenerated >= datetime(2026-01-01T00:00:00.000Z)",
      "where ContainerJobName_s == 'caj-x'",
      "where ContainerGroupName_s startswith 'caj-x-abc'",
      "where ContainerName_s == 'runner'",
      "project TimeGenerated, ContainerGroupName_s, ContainerName_s, Stream_s, Log_s",
      "top 5 by TimeGenerated desc",
    ]);
  });

  it("shows equal lines as often as they were written, and no line twice", () => {
    const line = (text: string, at = 0) => ({
      time: new Date(at),
      replica: "r",
      container: "c",
      stream: "stdout",
      text,
    });
    const shown = new LogDeduplicator();
    const texts = (lines: ReturnType<typeof line>[]) => shown.takeNew(lines).map((one) => one.text);
    expect(texts([line("a"), line("a"), line("b")])).toEqual(["a", "a", "b"]);
    expect(texts([line("a"), line("a"), line("b")])).toEqual([]);
    expect(texts([line("a"), line("a"), line("a"), line("c")])).toEqual(["a", "c"]);
    shown.forgetBefore(new Date(1));
    expect(texts([line("a")])).toEqual(["a"]);
  });
});

describe("secrets", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const pem = (type: "pkcs1" | "pkcs8") => rsa.export({ type, format: "pem" }).toString();
  it.each<["app" | "pat", string, "fits" | "error" | "warning"]>([
    ["app", pem("pkcs1"), "fits"],
    ["app", pem("pkcs8"), "fits"],
    ["app", ec.export({ type: "pkcs8", format: "pem" }).toString(), "error"],
    ["app", pem("pkcs1").slice(0, 300), "error"],
    ["app", "ghp_abcdefghijklmnopqrstuvwxyz", "error"],
    ["pat", `ghp_${"a".repeat(36)}`, "fits"],
    ["pat", `github_pat_${"a".repeat(60)}`, "fits"],
    ["pat", "0123456789abcdef0123456789abcdef01234567", "fits"],
    ["pat", pem("pkcs1"), "error"],
    ["pat", `ghs_${"a".repeat(36)}`, "error"],
    ["pat", "two words", "error"],
    ["pat", "", "error"],
    ["pat", "something-else", "warning"],
  ])("as %s: %#", (kind, value, outcome) => {
    const problem = checkGithubSecret(kind, value);
    expect(problem?.level ?? "fits").toBe(outcome);
    if (problem !== undefined && value.length > 8) {
      expect(JSON.stringify(problem)).not.toContain(value.slice(0, 40));
    }
  });

  it("are masked however they are printed", () => {
    const secret = new SecretText("hunter2");
    expect(
      [`${secret}`, JSON.stringify({ secret }), inspect(secret), String(secret)].join(),
    ).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("waiting", () => {
  it.each([
    [0, 0.5, 1000],
    [1, 0.5, 1500],
    [50, 0.5, 5000],
    [50, 0, 4000],
    [50, 1, 6000],
  ])("try %i with chance %d comes after %i ms", (attempt, random, expected) => {
    expect(pollDelay(attempt, { first: 1000, longest: 5000, random })).toBe(expected);
  });
});

describe("roles", () => {
  it.each([
    ["Microsoft.App/jobs/start/action", "Container Apps Jobs Operator"],
    [
      "Microsoft.ContainerRegistry/registries/scheduleRun/action",
      "Container Registry Tasks Contributor",
    ],
    ["Microsoft.KeyVault/vaults/secrets/setSecret/action", "Key Vault Secrets Officer"],
    ["Microsoft.KeyVault/vaults/secrets/getSecret/action", "Key Vault Secrets User"],
    ["Microsoft.Authorization/roleAssignments/write", "User Access Administrator"],
    ["Microsoft.KeyVault/vaults/read", "Reader"],
    ["Microsoft.Network/virtualNetworks/write", "Contributor"],
  ])("%s → %s", (action, role) => {
    expect(suggestRole(action)).toBe(role);
  });
});
