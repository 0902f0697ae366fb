import { describe, expect, it } from "vitest";
import {
  changesResources,
  describeChange,
  needsApply,
  summarizePlan,
  type PlanDocument,
} from "../../src/domain/stack-change.js";

type Change = NonNullable<PlanDocument["resource_changes"]>[number];

const resource = (change: Change["change"], more: Partial<Change> = {}): Change => ({
  address: "t.n",
  mode: "managed",
  type: "t",
  name: "n",
  change,
  ...more,
});

describe("summarizePlan", () => {
  it.each([
    [["create"], "create"],
    [["update"], "update"],
    [["delete"], "delete"],
    [["delete", "create"], "replace"],
    [["create", "delete"], "replace"],
    [["forget"], "forget"],
  ])("calls %j %s", (actions, kind) => {
    const change = summarizePlan("s", { resource_changes: [resource({ actions })] });
    expect(change.changes.map((one) => one.kind)).toEqual([kind]);
    expect(needsApply(change)).toBe(true);
  });

  it("calls an import without a change import, and one with a change what it is", () => {
    const imported = (actions: string[]) =>
      summarizePlan("s", {
        resource_changes: [resource({ actions, importing: { id: "/x" } })],
      }).changes.map(({ kind }) => kind);
    expect(imported(["no-op"])).toEqual(["import"]);
    expect(imported(["update"])).toEqual(["update"]);
  });

  it("leaves out what stays as it is, and data sources", () => {
    const change = summarizePlan("s", {
      resource_changes: [
        resource({ actions: ["no-op"] }),
        resource({ actions: ["read"] }, { mode: "data" }),
      ],
      output_changes: { a: { actions: ["no-op"] } },
    });
    expect(change).toMatchObject({ changes: [], outputs: [] });
    expect(needsApply(change)).toBe(false);
  });

  it("names the attributes that change, never their values", () => {
    const change = summarizePlan("s", {
      resource_changes: [
        resource(
          {
            actions: ["delete", "create"],
            before: { same: 1, secret: "old-value", id: "x", gone: true },
            after: { same: 1, secret: "new-value", added: 2 },
            after_unknown: { id: true },
          },
          { action_reason: "replace_because_cannot_update" },
        ),
      ],
    });
    expect(change.changes[0]).toMatchObject({
      attributes: ["added", "gone", "id", "secret"],
      reason: "replace_because_cannot_update",
    });
    expect(JSON.stringify(change)).not.toContain("value");
  });

  it("applies new outputs without calling them changes", () => {
    const change = summarizePlan("s", { output_changes: { url: { actions: ["create"] } } });
    expect(needsApply(change)).toBe(true);
    expect(changesResources(change)).toBe(false);
    expect(describeChange(change)).toBe("only outputs change");
  });

  it("is described in a line", () => {
    const describe = (...actions: string[][]) =>
      describeChange(
        summarizePlan("s", { resource_changes: actions.map((one) => resource({ actions: one })) }),
      );
    expect(describe()).toBe("no changes");
    expect(describe(["create"], ["create"], ["delete", "create"])).toBe(
      "2 to create, 1 to replace",
    );
  });
});
