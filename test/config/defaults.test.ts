import { describe, expect, it } from "vitest";

import { parseConfig } from "../../src/config/load.js";
import type { RunnerctlConfig } from "../../src/config/types.js";

function parse(rest: string, github = "{owner: acme}"): RunnerctlConfig {
  const source = `name: acme-ci\nlocation: westeurope\ngithub: ${github}\n${rest}`;
  return parseConfig(source, { file: "runnerctl.yaml", directory: "/srv/ci" }).config;
}

it("fills in everything that the shortest file leaves open", () => {
  expect(parse("")).toEqual({
    name: "acme-ci",
    location: "westeurope",
    subscription: undefined,
    tags: {},
    github: {
      url: "https://github.com",
      apiUrl: "https://api.github.com",
      owner: "acme",
      repositories: [],
      scope: "organization",
      auth: { type: "pat", secret: "github-pat" },
      runnerGroup: "Default",
    },
    image: {
      repository: "runner",
      context: undefined,
      dockerfile: "Dockerfile",
      base: undefined,
      preset: "minimal",
      packages: [],
      setup: undefined,
      certificates: [],
      runnerVersion: "latest",
      buildArgs: {},
      timeoutSeconds: 3600,
      schedule: "0 3 * * 1",
      baseImageTrigger: false,
      keep: 5,
      pin: "current",
    },
    state: { backend: "local", path: "/srv/ci/.runnerctl/state" },
    pools: [
      {
        name: "default",
        labels: ["default"],
        noDefaultLabels: false,
        cpu: 2,
        memoryGi: 4,
        trigger: { type: "manual" },
        limits: { min: 0, max: 10 },
        timeoutSeconds: 21_600,
        env: {},
      },
    ],
  });
});

describe("github", () => {
  it.each([
    ["{owner: acme, repositories: [a]}", { scope: "repository" }],
    ["{owner: acme, repositories: [a, b]}", { scope: "organization" }],
    ["{owner: acme, repositories: [a], scope: organization}", { scope: "organization" }],
    ["{owner: acme, scope: enterprise}", { scope: "enterprise" }],
    [
      "{owner: acme, auth: {type: app, appId: 12, installationId: 34}}",
      { auth: { type: "app", appId: "12", installationId: 34, secret: "github-app-key" } },
    ],
    [
      "{owner: acme, auth: {type: app, appId: Iv23liAbC, installationId: 34, secret: k}}",
      { auth: { type: "app", appId: "Iv23liAbC", installationId: 34, secret: "k" } },
    ],
    ["{owner: acme, auth: {type: pat, secret: t}}", { auth: { type: "pat", secret: "t" } }],
    [
      "{owner: acme, url: 'https://git.acme.test/'}",
      { url: "https://git.acme.test", apiUrl: "https://git.acme.test/api/v3" },
    ],
    [
      "{owner: acme, url: 'https://acme.ghe.com'}",
      { url: "https://acme.ghe.com", apiUrl: "https://api.acme.ghe.com" },
    ],
  ])("%s", (text, expected) => {
    expect(parse("", text).github).toMatchObject(expected);
  });
});

describe("pools", () => {
  it.each([
    ["{name: a, cpu: 0.5}", { cpu: 0.5, memoryGi: 1 }],
    ["{name: a, cpu: 4, memory: 8 Gi}", { cpu: 4, memoryGi: 8 }],
    ["{name: a, trigger: queue}", { trigger: { type: "queue", pollingIntervalSeconds: 30 } }],
    [
      "{name: a, trigger: {type: queue, pollingInterval: 2m}}",
      { trigger: { type: "queue", pollingIntervalSeconds: 120 } },
    ],
    ["{name: a, trigger: {type: manual}}", { trigger: { type: "manual" } }],
    [
      "{name: a, trigger: {type: schedule, cron: '0 6 * * *'}}",
      { trigger: { type: "schedule", cron: "0 6 * * *" } },
    ],
    ["{name: a, timeout: 90m}", { timeoutSeconds: 5400 }],
    ["{name: a, timeout: 900}", { timeoutSeconds: 900 }],
    ["{name: a, limits: {max: 3}}", { limits: { min: 0, max: 3 } }],
  ])("%s", (text, expected) => {
    expect(parse(`pools: [${text}]\n`, "{owner: acme, repositories: [a]}").pools[0]).toMatchObject(
      expected,
    );
  });
});

it.each([
  ["image: {context: ./image}", { image: { context: "/srv/ci/image" } }],
  ["image: {context: /srv/image}", { image: { context: "/srv/image" } }],
  [
    "image: {setup: ./setup.sh, certificates: [ca.crt]}",
    { image: { setup: "/srv/ci/setup.sh", certificates: ["/srv/ci/ca.crt"] } },
  ],
  ["image: {schedule: never}", { image: { schedule: undefined } }],
  ["image: {base: 'ubuntu:24.04'}", { image: { baseImageTrigger: true } }],
  ["image: {base: ghcr.io/acme/base:1}", { image: { baseImageTrigger: false } }],
  ["state: {backend: local, path: ../state}", { state: { path: "/srv/state" } }],
  [
    "state: {backend: azurerm, resourceGroup: rg, storageAccount: acmestate, container: tfstate}",
    { state: { backend: "azurerm", key: "runnerctl/acme-ci", subscription: undefined } },
  ],
])("%s", (text, expected) => {
  expect(parse(`${text}\n`)).toMatchObject(expected);
});
