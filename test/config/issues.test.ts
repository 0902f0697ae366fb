import { describe, expect, it } from "vitest";

import { problemsOf, withLines } from "./problems-of.js";

describe("one thing wrong", () => {
  it.each([
    // Missing
    [
      "location: westeurope\ngithub: {owner: a}\n",
      "1:1 «location» `name` is missing → Add `name`: name of this deployment; every Azure resource is named after it.",
    ],
    [
      "name: acme\ngithub: {owner: a}\n",
      "1:1 «name» `location` is missing → Add `location`: Azure region, such as westeurope.",
    ],
    [
      "name: acme\nlocation: westeurope\n",
      "1:1 «name» `github` is missing → Add `github`: which GitHub the runners serve.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub:\n  url: https://github.com\n",
      "4:3 «url» `github.owner` is missing → Add `owner`: user, organization or enterprise that owns the runners.",
    ],
    [
      withLines("pools:\n  - name: a\n  - cpu: 1\n"),
      "6:5 «cpu» `pools[1].name` is missing → Add `name`: name of the pool; becomes part of the job's name.",
    ],
    [
      withLines("state: {}\n"),
      "4:8 «{» `state.backend` is missing → Add `backend`: local or azurerm.",
    ],
    [
      withLines("pools: [{name: a, trigger: {type: schedule}}]\n"),
      "4:28 «{» `pools[0].trigger.cron` is missing → Add `cron`: when, as a cron expression of five fields, in UTC.",
    ],
    // Empty
    [withLines("tags:\n"), "4:1 «tags» `tags` is empty → Give it a value, or remove the line."],
    [
      "name:\nlocation: westeurope\ngithub: {owner: a}\n",
      "1:1 «name» `name` is empty → Give it a value, or remove the line.",
    ],
    // Types
    [
      withLines("pools: [{name: a, cpu: two}]\n"),
      '4:24 «two» `pools[0].cpu` must be a number, not "two" → Write the number alone, without quotes or a unit.',
    ],
    [
      withLines("pools: [{name: a, noDefaultLabels: yes}]\n"),
      '4:36 «yes» `pools[0].noDefaultLabels` must be true or false, not "yes" → Write true or false; yes, no, on and off are text in YAML 1.2.',
    ],
    [
      withLines("pools: [{name: a, labels: gpu}]\n"),
      '4:27 «gpu» `pools[0].labels` must be a list, not "gpu" → Write a list: [gpu].',
    ],
    [
      withLines("pools: {name: a}\n"),
      "4:8 «{» `pools` must be a list, not a group of keys → Start each pool with a dash: - name: default.",
    ],
    [
      withLines("pools: [{name: a, env: {V: 1.20}}]\n"),
      '4:28 «1.20» `pools[0].env.V` must be text, not 1.2 → Put it in quotes: "1.20".',
    ],
    [
      withLines("tags: {cost: true}\n"),
      '4:14 «true» `tags.cost` must be text, not true → Put it in quotes: "true".',
    ],
    [withLines("image: latest\n"), '4:8 «latest» `image` must be a group of keys, not "latest"'],
    // Values
    [
      withLines("pools: [{name: a, trigger: que}]\n"),
      '4:28 «que» `pools[0].trigger` must be manual or queue, not "que" → Did you mean queue?',
    ],
    [
      withLines("pools: [{name: a, trigger: sometimes}]\n"),
      '4:28 «sometimes» `pools[0].trigger` must be manual or queue, not "sometimes" → What starts runners: manual, queue, or {type: schedule, cron: …}.',
    ],
    [
      withLines("pools: [{name: a, trigger: {type: cron}}]\n"),
      '4:35 «cron» `pools[0].trigger.type` must be manual, queue or schedule, not "cron"',
    ],
    [
      withLines("pools: [{name: a, trigger: {type: queue, pollingInterval: 0s}}]\n"),
      '4:59 «0s» `pools[0].trigger.pollingInterval` is "0s"; it must be a duration above zero',
    ],
    [
      withLines("state: {backend: blob}\n"),
      '4:18 «blob» `state.backend` must be local or azurerm, not "blob"',
    ],
    // Forms
    [
      "name: acme\nlocation: West Europe\ngithub: {owner: a}\n",
      "2:11 «West» `location` is \"West Europe\"; it must be an Azure region's short name, such as westeurope → Write the region's short name: westeurope.",
    ],
    ["name: Acme_CI\nlocation: westeurope\ngithub: {owner: a}\n", "→ For example: acme-ci."],
    [
      `name: ${"a".repeat(41)}\nlocation: westeurope\ngithub: {owner: a}\n`,
      "1:7 «aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa» `name` has 41 characters; it must have at most 24 → Choose a shorter or simpler one: the names of the container registry,",
    ],
    [
      "name: a\nlocation: westeurope\ngithub: {owner: a}\n",
      "1:7 «a» `name` has 1 character; it must have at least 2",
    ],
    [
      withLines("subscription: '1234'\n"),
      "4:15 «'1234'» `subscription` is \"1234\"; it must be an ID such as 00000000-0000-0000-0000-000000000000",
    ],
    [withLines("pools: [{name: a, timeout: 90 minutes}]\n"), "→ Write 90m."],
    [
      withLines("pools: [{name: a, timeout: -5}]\n"),
      "4:28 «-5» `pools[0].timeout` is -5; it must be above 0",
    ],
    [
      withLines("pools: [{name: a, memory: 4GB}]\n"),
      '4:27 «4GB» `pools[0].memory` is "4GB"; it must be gibibytes with their unit, such as 4Gi → Write 4Gi.',
    ],
    [
      withLines("pools: [{name: a, memory: 4}]\n"),
      "4:27 «4» `pools[0].memory` must be text, not 4 → Write 4Gi.",
    ],
    [
      withLines("pools: [{name: a, labels: ['a b']}]\n"),
      "4:28 «'a» `pools[0].labels[0]` is \"a b\"; it must be letters, digits, '.', '_' and '-'",
    ],
    [
      withLines("pools: [{name: a, limits: {max: 0}}]\n"),
      "4:33 «0» `pools[0].limits.max` is 0; it must be at least 1",
    ],
    [withLines("pools: []\n"), "4:8 «[» `pools` has 0 entries; it must have at least 1"],
    [
      withLines("pools: [{name: a, env: {1A: x}}]\n"),
      "4:25 «1A» `1A` cannot be a key here: it must be a variable name: letters, digits and '_', no digit first → Rename it.",
    ],
    [
      withLines("image: {runnerVersion: 2.1.x}\n"),
      "it must be latest, or a full version such as 2.336.0",
    ],
    // GitHub
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme/app}\n",
      "→ Write owner: acme and repositories: [app].",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: 'https://github.com/acme'}\n",
      "→ Write owner: acme.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, repositories: [acme/app]}\n",
      '3:38 «acme/app» `github.repositories[0]` is "acme/app"; it must be a repository name without its owner, such as app → Write app; the owner is in github.owner.',
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, url: git.acme.test}\n",
      "→ Write https://git.acme.test.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, url: 'http://git.acme.test'}\n",
      "it must be an address that starts with https:// → Write url: https://git.acme.test.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, url: 'https://github.com/acme'}\n",
      "3:28 «'https» `github.url` does not fit: the web address of GitHub alone: no path, and not that of its API → Write url: https://github.com and owner: acme.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, url: 'https://api.github.com'}\n",
      "→ Write url: https://github.com.",
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, auth: {type: aap}}\n",
      '3:36 «aap» `github.auth.type` must be app or pat, not "aap" → Did you mean app?',
    ],
    [
      "name: acme\nlocation: westeurope\ngithub: {owner: acme, auth: {type: app, appId: 1}}\n",
      "`github.auth.installationId` is missing",
    ],
    // Keys
    [
      withLines("subscripton: x\n"),
      "4:1 «subscripton» Unknown key `subscripton` at the top level → Did you mean `subscription`?",
    ],
    [
      withLines("repositories: [app]\n"),
      "4:1 «repositories» Unknown key `repositories` at the top level → It belongs at github.repositories.",
    ],
    [withLines("timeout: 6h\n"), "→ It belongs at image.timeout or pools[].timeout."],
    [
      withLines("replicas: 3\n"),
      "4:1 «replicas» Unknown key `replicas` at the top level → Remove it. Known here: name, location, subscription, tags, github, image, state, pools.",
    ],
    [
      withLines("state: {backend: local, container: x}\n"),
      "4:25 «container» Unknown key `container` in `state` → It goes with another `backend`.",
    ],
    [
      withLines("pools:\n  - name: a\n    lables: [x]\n"),
      "6:5 «lables» Unknown key `lables` in `pools[0]` → Did you mean `labels`?",
    ],
  ])("%j", (source, expected) => {
    const problems = problemsOf(source);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

it("reports everything in one go, in the order of the file", () => {
  const source = `name: Acme_CI
location: West Europe
subscripton: 1234
github:
  owner: acme/app
  auth:
    type: aap
repositories: [app]
pools:
  - name: small
    labels: [a]
    cpu: 3
    memory: 5Gi
  - name: big
    labels: [a, b]
    env: {PORT: 8080}
    timeout: 90 minutes
  - labels: [c]
    trigger: {type: schedule, cron: "61 * * * *"}
    noDefaultLabels: yes
  - name: last
    trigger: {type: queue, pollingInterval: 0m, often: 1}
    limits: {min: 5, max: 2}
    cpu: "2"
    env:
`;
  expect(problemsOf(source)).toMatchInlineSnapshot(`
    [
      "1:7 «Acme_CI» \`name\` is "Acme_CI"; it must be lower-case letters, digits and single '-', starting with a letter and not ending with '-' → For example: acme-ci.",
      "2:11 «West» \`location\` is "West Europe"; it must be an Azure region's short name, such as westeurope → Write the region's short name: westeurope. \`az account list-locations --query "[].name"\` lists them.",
      "3:1 «subscripton» Unknown key \`subscripton\` at the top level → Did you mean \`subscription\`?",
      "5:10 «acme/app» \`github.owner\` is "acme/app"; it must be a GitHub user, organization or enterprise name → Write owner: acme and repositories: [app].",
      "7:11 «aap» \`github.auth.type\` must be app or pat, not "aap" → Did you mean app?",
      "8:1 «repositories» Unknown key \`repositories\` at the top level → It belongs at github.repositories.",
      "12:10 «3» Pool small asks for 3 vCPU with 5Gi, which Container Apps does not offer → Nearest: 2.5 vCPU with 5Gi, or 3 vCPU with 6Gi. Offered are 0.25 to 4 vCPU in steps of 0.25 with exactly 2Gi a vCPU; leave memory out and it follows.",
      "15:13 «[» Pools small and big overlap: GitHub may give a job with \`runs-on: [self-hosted, a]\` to either (small has a; big has a, b) → \`[self-hosted, a, b]\` goes to big alone, but nothing goes to small alone. Replace a in one of them by a label that the other lacks, such as small in pool small, and name it in runs-on.",
      "16:17 «8080» \`pools[1].env.PORT\` must be text, not 8080 → Put it in quotes: "8080".",
      "17:14 «90» \`pools[1].timeout\` is "90 minutes"; it must be a duration above zero, such as 45s, 90m, 6h or 1d → Write 90m.",
      "18:5 «labels» \`pools[2].name\` is missing → Add \`name\`: name of the pool; becomes part of the job's name.",
      "20:22 «yes» \`pools[2].noDefaultLabels\` must be true or false, not "yes" → Write true or false; yes, no, on and off are text in YAML 1.2.",
      "22:45 «0m» \`pools[3].trigger.pollingInterval\` is "0m"; it must be a duration above zero, such as 45s, 90m, 6h or 1d → How often the queue is looked at. Default: 30s.",
      "22:49 «often» Unknown key \`often\` in \`pools[3].trigger\` → Remove it. Known here: type, pollingInterval.",
      "23:19 «5» Pool last has limits.min 5 above limits.max 2 → Set min to 2 or less, or max to 5 or more.",
      "24:10 «"2"» \`pools[3].cpu\` must be a number, not "2" → Write the number alone, without quotes or a unit.",
      "25:5 «env» \`pools[3].env\` is empty → Give it a value, or remove the line.",
    ]
  `);
});

it("judges parts that fit even when others do not, and no default that nobody chose", () => {
  // A bad cpu says nothing of the memory, and a misspelt labels nothing of the labels.
  expect(
    problemsOf(
      withLines(
        "pools:\n  - {name: a, cpu: two, memory: 8Gi}\n  - {name: b, lables: [c]}\n  - {name: c}\n",
      ),
    ).map((problem) => problem.split(" → ")[0]),
  ).toEqual([
    '5:20 «two» `pools[0].cpu` must be a number, not "two"',
    "6:15 «lables» Unknown key `lables` in `pools[1]`",
  ]);
});
