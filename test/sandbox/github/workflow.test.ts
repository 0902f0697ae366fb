import { describe, expect, it } from "vitest";
import {
  ExpressionError,
  fillTemplate,
  readCondition,
} from "../../../src/sandbox/github/workflow/expression.js";
import { expandMatrix } from "../../../src/sandbox/github/workflow/matrix.js";
import { WorkflowFileError } from "../../../src/sandbox/github/workflow/model.js";
import { readWorkflow } from "../../../src/sandbox/github/workflow/read-workflow.js";

const contexts = {
  github: { ref: "refs/heads/main", actor: "octocat", event: { inputs: { who: "Ada" } } },
  inputs: { size: "l", dry: "true" },
  env: { EMPTY: "" },
};

describe("expressions", () => {
  it.each([
    ["plain text", "plain text"],
    ["${{ github.actor }}/${{inputs.size}}", "octocat/l"],
    ["${{ github.event.inputs.who }}", "Ada"],
    ["${{ GITHUB }}", undefined],
    ["${{ github.missing }}", ""],
    ["${{ inputs.size == 'L' }}", "true"],
    ["${{ inputs.size != 'l' || 'other' }}", "other"],
    ["${{ env.EMPTY || 'default' }}", "default"],
    ["${{ (inputs.size == 'l' && 'large') || 'small' }}", "large"],
    ["${{ 'it''s' }}", "it's"],
    ["${{ startsWith(github.ref, 'refs/heads/') }}", "true"],
    ["${{ format('{0}-{1}', inputs.size, 3) }}", "l-3"],
    ["${{ hashFiles('x') }}", undefined],
    ["${{ steps.one.outputs.x }}", undefined],
    ["${{ inputs.size + 1 }}", undefined],
    ["${{ }}", undefined],
  ])("%s → %s", (text, expected) => {
    if (expected === undefined) expect(() => fillTemplate(text, contexts)).toThrow(ExpressionError);
    else expect(fillTemplate(text, contexts)).toBe(expected);
  });

  it.each([
    [undefined, "success"],
    ["always()", "always"],
    ["${{ failure() }}", "failure"],
    ["!cancelled()", "always"],
    ["github.actor == 'octocat'", "success"],
    ["github.actor == 'other'", "never"],
    ["failure() && inputs.size == 's'", "never"],
    ["always() && inputs.size == 'l'", "always"],
  ])("if: %s waits for %s", (text, expected) => {
    expect(readCondition(text, contexts)).toBe(expected);
  });
});

describe("a matrix", () => {
  const problems: string[] = [];
  const expand = (matrix: unknown) => expandMatrix(matrix, (problem) => problems.push(problem));

  it("is every combination, less what is excluded, with what is included", () => {
    expect(expand(undefined)).toEqual([{}]);
    expect(expand({ os: ["a", "b"], v: [1, 2], exclude: [{ os: "a", v: 2 }] })).toEqual([
      { os: "a", v: "1" },
      { os: "b", v: "1" },
      { os: "b", v: "2" },
    ]);
    expect(expand({ os: ["a", "b"], include: [{ os: "a", extra: "x" }, { os: "c" }] })).toEqual([
      { os: "a", extra: "x" },
      { os: "b" },
      { os: "c" },
    ]);
    expect(expand({ include: [{ os: "z" }] })).toEqual([{ os: "z" }]);
    expect(problems).toEqual([]);
    expand("${{ fromJSON(x) }}");
    expect(problems).toHaveLength(1);
  });
});

describe("a workflow file", () => {
  it("is read with its defaults", () => {
    const workflow = readWorkflow(`
name: All
on: [push, workflow_dispatch]
env: { A: 1 }
defaults: { run: { shell: sh } }
permissions: { contents: write, id-token: write }
jobs:
  one:
    name: One \${{ matrix.v }}
    runs-on: { group: g, labels: [x, y] }
    timeout-minutes: 5
    strategy: { matrix: { v: [1, 2] } }
    steps:
      - run: echo
      - { name: Named, id: n, run: echo, shell: bash, working-directory: sub, continue-on-error: true }
`);
    expect(workflow).toMatchObject({
      name: "All",
      events: ["push", "workflow_dispatch"],
      env: { A: "1" },
    });
    expect(workflow.permissions).toMatchObject({ contents: "write" });
    const [job] = workflow.jobs;
    expect(job).toMatchObject({ group: "g", labels: ["x", "y"], timeoutMinutes: 5, needs: [] });
    expect(job?.combinations).toEqual([{ v: "1" }, { v: "2" }]);
    expect(job?.steps.map(({ shell, workingDirectory }) => [shell, workingDirectory])).toEqual([
      ["sh", undefined],
      ["bash", "sub"],
    ]);
  });

  it.each([
    ["a: [", "not YAML"],
    ["- a", "not a mapping"],
    ["on: push", "no job"],
    ["jobs: { a: { runs-on: x, steps: [{ run: a }] } }", "names no event"],
    ["on: push\njobs: { a: { steps: [{ run: a }] } }", "`runs-on` is missing"],
    ["on: push\njobs: { a: { runs-on: x } }", "no steps"],
    ["on: push\njobs: { a: { runs-on: x, steps: [{ name: a }] } }", "either `run` or `uses`"],
    ["on: push\njobs: { a: { runs-on: x, needs: b, steps: [{ run: a }] } }", "no job `b`"],
    ["on: push\njobs: { a: { runs-on: x, needs: a, steps: [{ run: a }] } }", "round in a circle"],
    ["on: push\njobs: { a: { uses: ./x.yml } }", "reusable workflows"],
  ])("%j is refused: %s", (source, problem) => {
    expect(() => readWorkflow(source)).toThrow(WorkflowFileError);
    expect(() => readWorkflow(source)).toThrow(problem);
  });
});
