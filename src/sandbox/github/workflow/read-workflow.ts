import { parse } from "yaml";
import { expandMatrix } from "./matrix.js";
import {
  WorkflowFileError,
  type InputModel,
  type JobModel,
  type StepModel,
  type WorkflowModel,
} from "./model.js";

type Node = Readonly<Record<string, unknown>>;

/** Reads a workflow file: the part of the syntax that the sandbox models, and no more. */
export function readWorkflow(source: string): WorkflowModel {
  let document: unknown;
  try {
    document = parse(source);
  } catch (error) {
    throw new WorkflowFileError([`not YAML: ${error instanceof Error ? error.message : ""}`]);
  }
  if (!isNode(document)) throw new WorkflowFileError(["the file is not a mapping"]);
  const problems: string[] = [];
  const triggers = readTriggers(document.on);
  if (triggers.events.length === 0) problems.push("`on` names no event");
  const jobs = isNode(document.jobs) ? Object.entries(document.jobs) : [];
  if (jobs.length === 0) problems.push("`jobs` has no job");
  const models = jobs.map(([key, job]) => readJob(key, job, document, problems));
  for (const job of models) {
    for (const needed of job.needs.filter((need) => !models.some((one) => one.key === need))) {
      problems.push(`jobs.${job.key}.needs: there is no job \`${needed}\``);
    }
  }
  if (problems.length === 0 && hasCycle(models)) problems.push("`needs` go round in a circle");
  if (problems.length > 0) throw new WorkflowFileError(problems);
  return {
    name: readText(document.name),
    events: triggers.events,
    inputs: triggers.inputs,
    env: readTextMap(document.env),
    permissions: readPermissions(document.permissions),
    jobs: models,
  };
}

function readTriggers(on: unknown): Pick<WorkflowModel, "events" | "inputs"> {
  if (typeof on === "string") return { events: [on], inputs: {} };
  if (Array.isArray(on)) return { events: on.map(String), inputs: {} };
  if (!isNode(on)) return { events: [], inputs: {} };
  const dispatch = on.workflow_dispatch;
  const declared = isNode(dispatch) && isNode(dispatch.inputs) ? dispatch.inputs : {};
  const inputs = Object.entries(declared).map(([name, input]): [string, InputModel] => {
    const node = isNode(input) ? input : {};
    return [
      name,
      {
        type: (readText(node.type) ?? "string") as InputModel["type"],
        required: node.required === true,
        default: readText(node.default),
        options: Array.isArray(node.options) ? node.options.map(String) : [],
      },
    ];
  });
  return { events: Object.keys(on), inputs: Object.fromEntries(inputs) };
}

function readJob(key: string, value: unknown, workflow: Node, problems: string[]): JobModel {
  const job = isNode(value) ? value : {};
  const where = `jobs.${key}`;
  const runsOn = job["runs-on"];
  const labels = isNode(runsOn) ? readList(runsOn.labels) : readList(runsOn);
  const group = isNode(runsOn) ? readText(runsOn.group) : undefined;
  if (job.uses !== undefined)
    problems.push(`${where}.uses: reusable workflows are not run by the sandbox`);
  else if (labels.length === 0 && group === undefined)
    problems.push(`${where}: \`runs-on\` is missing`);
  const steps = Array.isArray(job.steps) ? job.steps : [];
  if (steps.length === 0 && job.uses === undefined) problems.push(`${where}: no steps`);
  const defaults = { ...readRunDefaults(workflow.defaults), ...readRunDefaults(job.defaults) };
  return {
    key,
    name: readText(job.name),
    labels,
    group,
    needs: readList(job.needs),
    condition: readText(job.if),
    env: readTextMap(job.env),
    permissions: readPermissions(job.permissions),
    timeoutMinutes: readNumber(job["timeout-minutes"]) ?? 360,
    combinations: expandMatrix(isNode(job.strategy) ? job.strategy.matrix : undefined, (problem) =>
      problems.push(`${where}.strategy.matrix: ${problem}`),
    ),
    steps: steps.map((step, index) =>
      readStep(step, `${where}.steps[${index}]`, defaults, problems),
    ),
  };
}

function readStep(
  value: unknown,
  where: string,
  defaults: { readonly shell?: string; readonly workingDirectory?: string },
  problems: string[],
): StepModel {
  const step = isNode(value) ? value : {};
  const run = readText(step.run);
  const uses = readText(step.uses);
  if ((run === undefined) === (uses === undefined)) {
    problems.push(`${where}: a step has either \`run\` or \`uses\``);
  }
  return {
    id: readText(step.id),
    name: readText(step.name),
    run,
    uses,
    shell: readText(step.shell) ?? defaults.shell ?? "bash",
    workingDirectory: readText(step["working-directory"]) ?? defaults.workingDirectory,
    condition: readText(step.if),
    env: readTextMap(step.env),
    continueOnError: step["continue-on-error"] === true,
    timeoutMinutes: readNumber(step["timeout-minutes"]),
  };
}

function readRunDefaults(value: unknown): { shell?: string; workingDirectory?: string } {
  const run = isNode(value) && isNode(value.run) ? value.run : {};
  const shell = readText(run.shell);
  const workingDirectory = readText(run["working-directory"]);
  return {
    ...(shell === undefined ? {} : { shell }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  };
}

function readPermissions(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === "read-all") return { actions: "read", contents: "read", metadata: "read" };
  if (value === "write-all") return { actions: "write", contents: "write", metadata: "read" };
  return isNode(value) ? { ...readTextMap(value), metadata: "read" } : undefined;
}

function hasCycle(jobs: readonly JobModel[]): boolean {
  const done = new Set<string>();
  for (;;) {
    const ready = jobs.filter((job) => !done.has(job.key) && job.needs.every((n) => done.has(n)));
    if (ready.length === 0) return done.size < jobs.length;
    for (const job of ready) done.add(job.key);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readText(value: unknown): string | undefined {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function readList(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  const one = readText(value);
  return one === undefined ? [] : [one];
}

function readTextMap(value: unknown): Record<string, string> {
  if (!isNode(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, readText(text) ?? ""]),
  );
}
