import type { GithubJobMessage, GithubStep } from "../../ports.js";
import type {
  JobRecord,
  Permissions,
  RepositoryRecord,
  RunnerRecord,
  RunRecord,
} from "../records.js";
import type { GithubStore } from "../store.js";
import { issueToken } from "../tokens.js";
import {
  fillTemplate,
  fillTemplates,
  readCondition,
  type Contexts,
} from "../workflow/expression.js";
import type { JobModel, StepModel, WorkflowModel } from "../workflow/model.js";
import { collectVariables, makeDefaultVariables, makeGithubContext } from "./contexts.js";

/** What a GITHUB_TOKEN may do unless the workflow says otherwise: no token of a job manages runners. */
const defaultPermissions: Permissions = { contents: "read", packages: "read", metadata: "read" };

/** Throws `ExpressionError` for what the sandbox does not evaluate. */
export function makeJobMessage(
  store: GithubStore,
  work: {
    readonly repository: RepositoryRecord;
    readonly run: RunRecord;
    readonly job: JobRecord;
    readonly workflow: WorkflowModel;
    readonly model: JobModel;
    readonly runner: RunnerRecord;
  },
): GithubJobMessage {
  const { repository, run, job, workflow, model, runner } = work;
  const token = issueToken(store, {
    kind: "job",
    owner: run.actor,
    scopes: [],
    permissions: readPermissions(model.permissions ?? workflow.permissions),
    target: repository.owner,
    repositoryIds: [repository.id],
    installationId: null,
    jobId: job.id,
    expiresAt: null,
  }).value;
  const github = { ...makeGithubContext(store, repository, run, job), token };
  const base: Contexts = {
    github,
    inputs: run.inputs,
    matrix: job.matrix,
    vars: collectVariables(store, repository),
    secrets: { ...repository.secrets, GITHUB_TOKEN: token },
    runner: { name: runner.name, os: "Linux", arch: "X64" },
  };
  const workflowEnv = fillTemplates(workflow.env, base);
  const jobEnv = fillTemplates(model.env, { ...base, env: workflowEnv });
  const env = { ...workflowEnv, ...jobEnv };
  const mask = [token, ...Object.values(repository.secrets)].filter((value) => value !== "");
  return {
    jobId: job.id,
    jobKey: job.key,
    jobName: job.name,
    runId: run.id,
    runNumber: run.number,
    runAttempt: run.attempt,
    repository: `${repository.owner}/${repository.name}`,
    workflow: run.workflowName,
    event: run.event,
    actor: run.actor,
    ref: `refs/heads/${run.branch}`,
    sha: run.sha,
    steps: model.steps.map((step, index) => {
      const made = makeStep(step, index + 1, { ...base, env });
      return { ...made, name: maskText(made.name, mask) };
    }),
    env,
    variables: makeDefaultVariables(github),
    mask,
    token,
    timeoutMinutes: model.timeoutMinutes,
  };
}

function makeStep(step: StepModel, number: number, contexts: Contexts): GithubStep {
  const own = fillTemplates(step.env, contexts);
  const all = { ...contexts, env: { ...(contexts.env as Record<string, string>), ...own } };
  const run = step.run === undefined ? refuseAction(step.uses ?? "") : fillTemplate(step.run, all);
  const name = step.name ?? (step.run === undefined ? `Run ${step.uses}` : firstLine(step.run));
  return {
    number,
    name: fillTemplate(name, all),
    ...(step.id === undefined ? {} : { id: step.id }),
    run,
    shell: step.shell,
    ...(step.workingDirectory === undefined
      ? {}
      : { workingDirectory: fillTemplate(step.workingDirectory, all) }),
    env: own,
    condition: readCondition(step.condition, all),
    continueOnError: step.continueOnError,
    ...(step.timeoutMinutes === undefined ? {} : { timeoutMinutes: step.timeoutMinutes }),
  };
}

/** The sandbox has no actions to run: the step says so in the log and fails. */
function refuseAction(uses: string): string {
  const quoted = `'${uses.replaceAll("'", "'\\''")}'`;
  return `printf '##[error]not run by the sandbox: uses: %s (only \`run\` steps are)\\n' ${quoted}\nexit 1\n`;
}

/** Step names go to everybody who may read the run. */
function maskText(text: string, mask: readonly string[]): string {
  return mask.reduce((masked, value) => masked.replaceAll(value, "***"), text);
}

function firstLine(run: string): string {
  return `Run ${run.trim().split("\n")[0] ?? ""}`;
}

function readPermissions(declared: Readonly<Record<string, string>> | undefined): Permissions {
  if (declared === undefined) return defaultPermissions;
  const levels = Object.entries(declared)
    .filter(([, level]) => level === "read" || level === "write")
    .map(([name, level]): [string, "read" | "write"] => [
      name.replaceAll("-", "_"),
      level as "read" | "write",
    ]);
  // A workflow cannot give itself what its token never has.
  return Object.fromEntries(levels.filter(([name]) => name !== "administration"));
}
