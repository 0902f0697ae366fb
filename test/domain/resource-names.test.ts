import { describe, expect, it } from "vitest";

import { findNameProblem, listNames } from "../../src/domain/resource-name-rules.js";
import { deriveResourceNames, uniqueSuffix } from "../../src/domain/resource-names.js";

const subscription = "11111111-2222-3333-4444-555555555555";
const longest = "a".repeat(24);

describe("derived names", () => {
  it("follow Azure's abbreviations", () => {
    const suffix = uniqueSuffix(subscription, "acme-ci");
    expect(suffix).toMatch(/^[a-z2-7]{6}$/);
    const { job, ...names } = deriveResourceNames(subscription, "acme-ci");
    expect(names).toEqual({
      resourceGroup: "rg-acme-ci",
      registry: `cracmeci${suffix}`,
      keyVault: `kv-acme-ci-${suffix}`,
      logWorkspace: "log-acme-ci",
      environment: "cae-acme-ci",
      pullIdentity: "id-acme-ci-pull",
      vaultIdentity: "id-acme-ci-vault",
      rebuildTask: "rebuild-image",
    });
    expect(job("default")).toBe("caj-acme-ci-default");
  });

  it("stay the same from run to run and differ between subscriptions and deployments", () => {
    expect(uniqueSuffix(subscription, "acme")).toBe("mokrrm");
    expect(uniqueSuffix(subscription.toUpperCase(), "acme")).toBe("mokrrm");
    expect(uniqueSuffix(subscription.replace("1", "2"), "acme")).not.toBe("mokrrm");
    expect(uniqueSuffix(subscription, "acme2")).not.toBe("mokrrm");
  });

  const names = [
    "ab",
    "acme-ci",
    "a-b-c-d-e-f-g-h-i-j-k-lm",
    longest,
    "abcdefghijklm-nopqrstuvw",
    "a123456789-123456789-123",
  ];
  const pools = ["a", "default", "p".repeat(20), "a-b-c-d-e-f-g-h-i-jk"];
  it.each(names.flatMap((name) => pools.map((pool) => [name, pool] as const)))(
    "fit Azure's bounds: %s, pool %s",
    (name, pool) => {
      expect(name.length <= 24 && pool.length <= 20).toBe(true);
      for (const derived of listNames(deriveResourceNames(subscription, name), [pool])) {
        expect([derived, findNameProblem(derived.resource, derived.name)]).toEqual([
          derived,
          undefined,
        ]);
      }
    },
  );

  it("keep the pool whole in a job's name", () => {
    const { job } = deriveResourceNames(subscription, "deployment-with-a-name");
    expect(job("pool-with-a-long-nam")).toBe("caj-deploym-pool-with-a-long-nam");
    // A cut never leaves a hyphen beside the joining one.
    expect(deriveResourceNames(subscription, "abcdef-ghi").job("p".repeat(20))).toBe(
      `caj-abcdef-${"p".repeat(20)}`,
    );
  });
});

describe("findNameProblem", () => {
  it.each([
    ["container registry", "cr12", "has 4 characters"],
    ["container registry", "c".repeat(51), "has 51 characters; Azure allows 50"],
    ["container registry", "cr-acme", "has a character"],
    ["key vault", "kv-acme-", "has a character"],
    ["key vault", "kv--acme", "has a character"],
    ["key vault", "1kv", "has a character"],
    ["key vault", "k".repeat(25), "has 25 characters"],
    ["job", "caj--x", "has a character"],
    ["job", "caj-x-", "has a character"],
    ["job", "Caj-x", "has a character"],
    ["job", "j".repeat(33), "has 33 characters; Azure allows 32"],
    ["container registry", "crwindowsci", 'contains "windows"'],
    ["key vault", "kv-microsoft", 'contains "microsoft"'],
  ] as const)("%s %s", (resource, name, expected) => {
    expect(findNameProblem(resource, name)).toContain(expected);
  });

  it("allows reserved words where no public name is made of them", () => {
    expect(findNameProblem("job", "caj-windows")).toBeUndefined();
  });
});
