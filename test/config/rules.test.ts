import { describe, expect, it } from "vitest";

import { problemsOf, warningsOf, withLines } from "./problems-of.js";

const pools = (...lines: string[]): string =>
  withLines(`pools:\n${lines.map((line) => `  - {${line}}\n`).join("")}`);
const github = (text: string, rest = ""): string =>
  `name: acme\nlocation: westeurope\ngithub: {${text}}\n${rest}`;
const repositories = (count: number): string =>
  `repositories: [${Array.from({ length: count }, (_, index) => `r${index}`).join(", ")}]`;
const queuePools = (count: number, trigger = "queue"): string =>
  `pools:\n${Array.from({ length: count }, (_, i) => `  - {name: q${i}, trigger: ${trigger}}\n`).join("")}`;

describe("refused", () => {
  it.each([
    [
      "size",
      pools("name: a, cpu: 3, memory: 5Gi"),
      "5:20 «3» Pool a asks for 3 vCPU with 5Gi, which Container Apps does not offer → Nearest: 2.5 vCPU with 5Gi, or 3 vCPU with 6Gi. Offered are 0.25 to 4 vCPU in steps of 0.25 with exactly 2Gi a vCPU; leave memory out and it follows.",
    ],
    [
      "size off the steps",
      pools("name: a, cpu: 1.1"),
      "5:20 «1.1» Pool a asks for 1.1 vCPU with 2.2Gi",
    ],
    ["size above all", pools("name: a, cpu: 8"), "→ Nearest: 4 vCPU with 8Gi."],
    [
      "memory against the default cpu",
      pools("name: a, memory: 8Gi"),
      "5:23 «8Gi» Pool a asks for 2 vCPU with 8Gi",
    ],
    [
      "same labels",
      pools("name: a, labels: [x]", "name: b, labels: [X]"),
      "6:23 «[» Pools a and b overlap: GitHub may give a job with `runs-on: [self-hosted, x]` to either (a has x; b has X) → No runs-on reaches one of them alone. Replace x in one of them by a label that the other lacks, such as a in pool a, and name it in runs-on.",
    ],
    [
      "labels within another's",
      pools("name: a, labels: [x]", "name: b, labels: [x, y]"),
      "6:23 «[» Pools a and b overlap: GitHub may give a job with `runs-on: [self-hosted, x]` to either (a has x; b has x, y) → `[self-hosted, x, y]` goes to b alone, but nothing goes to a alone.",
    ],
    [
      "labels within an earlier one's",
      pools("name: a, labels: [x, y]", "name: b, labels: [y]"),
      "such as b in pool b",
    ],
    [
      "a name that is another's label",
      pools("name: a, labels: [b, c]", "name: b"),
      "6:12 «b» Pools a and b overlap",
    ],
    [
      "label twice",
      pools("name: a, labels: [x, X]"),
      "5:27 «X» Pool a has the label X twice; labels are matched without regard to case → Remove one.",
    ],
    [
      "default label",
      pools("name: a, labels: [Linux, x]"),
      "5:24 «Linux» Pool a lists Linux, which every runner has anyway (self-hosted, linux, x64) → Remove Linux, or set noDefaultLabels: true and list all labels yourself.",
    ],
    [
      "pool name twice",
      pools("name: a, labels: [x]", "name: a, labels: [y]"),
      "6:12 «a» Two pools are named a → Rename one",
    ],
    [
      "min above max",
      pools("name: a, trigger: queue, limits: {min: 5, max: 2}"),
      "5:45 «5» Pool a has limits.min 5 above limits.max 2 → Set min to 2 or less, or max to 5 or more.",
    ],
    [
      "min above the default max",
      pools("name: a, trigger: queue, limits: {min: 11}"),
      "Pool a has limits.min 11 above limits.max 10",
    ],
    [
      "min without queue",
      pools("name: a, limits: {min: 1}"),
      "5:29 «1» Pool a has limits.min 1, but trigger manual keeps no execution running → Remove limits.min, or set trigger: queue.",
    ],
    [
      "cron",
      pools("name: a, trigger: {type: schedule, cron: '61 * * * *'}"),
      '5:47 «\'61» The schedule of pool a is no cron expression: the minute "61" is not between 0 and 59 → For example "0 6 * * 1-5": at 06:00 UTC from Monday to Friday.',
    ],
    [
      "reserved variable",
      pools("name: a, env: {JIT_FILE: x}"),
      "5:21 «JIT_FILE» Pool a sets JIT_FILE, which belongs to the platform and the image → Choose another name.",
    ],
    [
      "scope with no repository",
      github("owner: acme, scope: repository"),
      "3:30 «repository» Runners of scope repository register in exactly one repository; none is named → Name one in github.repositories, or set scope: organization.",
    ],
    [
      "scope with two",
      github("owner: acme, scope: repository, repositories: [a, b]"),
      "exactly one repository; 2 are named",
    ],
    [
      "group in a repository",
      github("owner: acme, repositories: [a], runnerGroup: x"),
      "3:55 «x» Runners of a repository belong to no runner group → Remove runnerGroup, or set scope: organization.",
    ],
    [
      "a client ID for the scaler",
      github(
        "owner: acme, repositories: [a], auth: {type: app, appId: Iv23liAbc, installationId: 1}",
        queuePools(1),
      ),
      "3:67 «Iv23liAbc» Iv23liAbc is the App's client ID, and the queue trigger of pool q0 knows Apps by their number alone → Write the App ID",
    ],
    [
      "a budget above a token's",
      github(`owner: acme, ${repositories(21)}`, queuePools(1)),
      "5:25 «queue» 1 queue pool polling 21 repositories make 5,040 requests an hour to GitHub while nothing runs; a token has 5,000. When it is spent, no runner starts until the hour is over → Set pollingInterval: 61s or longer (half the limit); list fewer repositories; authenticate as a GitHub App; or start runners from the workflow (trigger: manual).",
    ],
    [
      "a budget of several pools",
      github(`owner: acme, ${repositories(7)}`, queuePools(3)),
      "3 queue pools polling 7 repositories make 5,040 requests an hour",
    ],
    [
      "a budget above an App's",
      github(
        `owner: acme, auth: {type: app, appId: 1, installationId: 1}, ${repositories(63)}`,
        queuePools(1),
      ),
      "make 15,120 requests an hour to GitHub while nothing runs; an App has 5,000, and up to 15,000 in a large organization",
    ],
    [
      "reserved word",
      withLines("").replace("acme", "windows-ci"),
      '1:7 «windows-ci» The name of the container registry is derived from windows-ci, and so contains "windows", which Azure reserves in public names → Choose another name.',
    ],
    [
      "job names that clash",
      `name: abcdefg-hijklmnopqrstuvw\nlocation: westeurope\ngithub: {owner: acme}\npools: [{name: abc}, {name: hijklmnopqrstuvw-abc}]\n`,
      "4:29 «hijklmnopqrstuvw-abc» The jobs of pools abc and hijklmnopqrstuvw-abc would both be named caj-abcdefg-hijklmnopqrstuvw-abc",
    ],
    [
      "tag characters",
      withLines("tags: {a/b: x}\n"),
      "4:8 «a/b» The tag a/b has one of < > % & \\ ? /, which Azure does not allow → Rename it.",
    ],
    [
      "tag prefix",
      withLines("tags: {Azure-cost: x}\n"),
      "4:8 «Azure-cost» The tag Azure-cost starts with azure, which Azure reserves → Rename it.",
    ],
    [
      "tag twice",
      withLines("tags: {Team: x, team: y}\n"),
      "4:17 «team» The tag team is there twice; Azure ignores the case of tag names → Remove one.",
    ],
    [
      "too many tags",
      withLines(`tags:\n${Array.from({ length: 51 }, (_, i) => `  t${i}: x\n`).join("")}`),
      "5:3 «t0» There are 51 tags; Azure allows 50 on a resource",
    ],
    [
      "a short build",
      withLines("image: {timeout: 60}\n"),
      "4:18 «60» A build may take 1m; ACR Tasks allows 5m to 8h",
    ],
    [
      "a long build",
      withLines("image: {timeout: 9h}\n"),
      "4:18 «9h» A build may take 9h; ACR Tasks allows 5m to 8h",
    ],
    [
      "a Dockerfile of nobody's",
      withLines("image: {dockerfile: x}\n"),
      "4:21 «x» image.dockerfile names a file in your own context, but image.context is not set → Add image.context",
    ],
    [
      "a key's own build argument",
      withLines("image: {buildArgs: {BASE_IMAGE: x}}\n"),
      "4:21 «BASE_IMAGE» The build argument BASE_IMAGE is set by image.base → Write image.base instead.",
    ],
    [
      "a key's own build argument of the image that comes along",
      withLines("image: {buildArgs: {PACKAGES: make}}\n"),
      "4:21 «PACKAGES» The build argument PACKAGES is set by image.packages → Write image.packages instead.",
    ],
    [
      "a setup for an image of one's own",
      withLines("image: {context: ./image, setup: ./setup.sh}\n"),
      "4:27 «setup» image.setup is for the image that comes with runnerctl, but image.context names your own",
    ],
    [
      "an image schedule that is none",
      withLines("image: {schedule: weekly}\n"),
      "4:19 «weekly» The schedule of the image is no cron expression: it has 1 field instead of five",
    ],
    [
      "a base that cannot be tracked",
      withLines("image: {base: ghcr.io/acme/base:1, baseImageTrigger: true}\n"),
      "4:54 «true» A change of the base ghcr.io/acme/base:1 cannot start a build: ACR does not see changes in ghcr.io",
    ],
    [
      "a base that never changes",
      withLines("image: {baseImageTrigger: true}\n"),
      "4:27 «true» A change of the base image cannot start a build: the default base is pinned by digest",
    ],
    [
      "a package that is none",
      withLines("image: {packages: [make, '; rm -rf /']}\n"),
      "the name of an apt package",
    ],
  ])("%s", (_title, source, expected) => {
    const problems = problemsOf(source);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

describe("warned about", () => {
  it.each([
    [
      "a label in common of queue pools",
      pools("name: a, labels: [x, y], trigger: queue", "name: b, labels: [y, z], trigger: queue"),
      "6:23 «[» A job with `runs-on: [self-hosted, y]` starts a runner in both pools a and b (a has x, y; b has y, z)",
    ],
    [
      "arm64",
      pools("name: a, labels: [x, ARM64]"),
      "5:27 «ARM64» Pool a has the label ARM64, but its runners are Linux on x64",
    ],
    [
      "a label of GitHub's own runners",
      pools("name: a, labels: [ubuntu-latest]"),
      "Pool a has the label ubuntu-latest, a name of GitHub's own runners",
    ],
    [
      "no labels at all",
      pools("name: a, noDefaultLabels: true"),
      "5:32 «true» Pool a has no labels but its name: only `runs-on: a` reaches it",
    ],
    [
      "seconds meant as minutes",
      pools("name: a, timeout: 90"),
      "5:24 «90» Pool a ends its runners after 90s; starting and registering one takes about a minute of that → Numbers alone are seconds: write 90m for minutes.",
    ],
    [
      "more than GitHub lets a job run",
      pools("name: a, timeout: 6d"),
      "5:24 «6d» Pool a lets a runner live for 6d, but GitHub ends any job after 5d",
    ],
    [
      "a variable that looks secret",
      pools("name: a, env: {NPM_TOKEN: x}"),
      "5:21 «NPM_TOKEN» NPM_TOKEN looks like a secret; every job of pool a can read it",
    ],
    [
      "queue without repositories",
      github("owner: acme", queuePools(1)),
      "5:25 «queue» Without github.repositories the queue trigger polls every repository of the owner: above about 20 of them it spends GitHub's 5,000 requests an hour",
    ],
    [
      "a budget close to the limit",
      github(`owner: acme, ${repositories(16)}`, queuePools(1)),
      "make 3,840 requests an hour to GitHub while nothing runs, and each active workflow run adds 120; a token has 5,000",
    ],
    [
      "a budget above an App's sure share",
      github(
        `owner: acme, auth: {type: app, appId: 1, installationId: 1}, ${repositories(21)}`,
        queuePools(1),
      ),
      "make 5,040 requests an hour",
    ],
    [
      "an App in an enterprise",
      github("owner: acme, scope: enterprise, auth: {type: app, appId: 1, installationId: 1}"),
      "3:55 «app» GitHub documents the enterprise runner endpoints for classic tokens",
    ],
    [
      "a queue of an enterprise",
      github("owner: acme, scope: enterprise, repositories: [a]", queuePools(1)),
      "5:25 «queue» The queue trigger looks for repositories of an organization named acme; enterprises have none",
    ],
  ])("%s", (_title, source, expected) => {
    expect(problemsOf(source)).toEqual([]);
    const warnings = warningsOf(source);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(expected);
  });
});

describe("fine", () => {
  it.each([
    [
      "every offered size",
      pools(
        ...Array.from(
          { length: 16 },
          (_, i) => `name: p${i}, cpu: ${(i + 1) / 4}, memory: ${(i + 1) / 2}Gi`,
        ),
      ),
    ],
    ["labels apart", pools("name: a, labels: [x, y]", "name: b, labels: [z]")],
    [
      "a label in common of manual pools",
      pools("name: a, labels: [x, y]", "name: b, labels: [y, z]"),
    ],
    [
      "default labels written out",
      pools("name: a, noDefaultLabels: true, labels: [self-hosted, linux, x]"),
    ],
    ["limits of a queue", pools("name: a, trigger: queue, limits: {min: 2, max: 2}")],
    ["a schedule", pools("name: a, trigger: {type: schedule, cron: '*/15 6-18 * * MON-FRI'}")],
    ["variables", pools("name: a, env: {NODE_OPTIONS: x, TOKENIZER: y}")],
    ["five days", pools("name: a, timeout: 5d")],
    ["a group in an organization", github("owner: acme, runnerGroup: x, repositories: [a, b]")],
    [
      "one repository in the organization",
      github("owner: acme, scope: organization, repositories: [a], runnerGroup: x"),
    ],
    ["a budget within a token's", github(`owner: acme, ${repositories(15)}`, queuePools(1))],
    [
      "many repositories polled seldom",
      github(
        `owner: acme, ${repositories(60)}`,
        queuePools(1, "{type: queue, pollingInterval: 5m}"),
      ),
    ],
    [
      "many repositories on a server of one's own",
      github(`owner: acme, url: 'https://git.acme.test', ${repositories(60)}`, queuePools(1)),
    ],
    ["a token in an enterprise", github("owner: acme, scope: enterprise")],
    ["tags", withLines("tags: {team: a, cost-center: b}\n")],
    [
      "an image of one's own",
      withLines(
        "image: {context: ./image, dockerfile: x, timeout: 8h, base: 'debian:12', buildArgs: {A: b}}\n",
      ),
    ],
    [
      "an image with tools, packages, a setup and rebuilds",
      withLines(
        "image: {base: 'ubuntu:24.04', preset: azure, packages: [make, g++=4:13.2.0-7ubuntu1], setup: ./setup.sh, certificates: [ca.crt], schedule: never, baseImageTrigger: true, keep: 3, pin: digest}\n",
      ),
    ],
  ])("%s", (_title, source) => {
    expect(problemsOf(source)).toEqual([]);
    expect(warningsOf(source)).toEqual([]);
  });
});
