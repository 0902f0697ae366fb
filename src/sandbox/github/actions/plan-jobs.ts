import type { JobRecord, RunRecord } from "../records.js";
import type { GithubStore } from "../store.js";
import { fillTemplate } from "../workflow/expression.js";
import { WorkflowFileError, type JobModel, type WorkflowModel } from "../workflow/model.js";
import { readWorkflow } from "../workflow/read-workflow.js";
import { collectVariables, makeGithubContext } from "./contexts.js";

/**
 * The jobs of a run, all blocked: whoever stores them releases those that need nothing. Undefined
 * when the file is no workflow, which GitHub calls a startup failure.
 */
export function planJobs(
  store: GithubStore,
  run: RunRecord,
): { readonly job: JobRecord; readonly problem: string | undefined }[] | undefined {
  let workflow: WorkflowModel;
  try {
    workflow = readWorkflow(run.source);
  } catch (error) {
    if (error instanceof WorkflowFileError) return undefined;
    throw error;
  }
  return workflow.jobs.flatMap((model) =>
    model.combinations.map((matrix) => planJob(store, run, model, matrix)),
  );
}

function planJob(
  store: GithubStore,
  run: RunRecord,
  model: JobModel,
  matrix: Readonly<Record<string, string>>,
): { job: JobRecord; problem: string | undefined } {
  const repository = store.repositoryById(run.repositoryId);
  const contexts = {
    github: repository === undefined ? {} : makeGithubContext(store, repository, run),
    inputs: run.inputs,
    matrix,
    vars: repository === undefined ? {} : collectVariables(store, repository),
  };
  let problem: string | undefined;
  const fill = (text: string): string => {
    try {
      return fillTemplate(text, contexts);
    } catch (error) {
      problem ??= error instanceof Error ? error.message : String(error);
      return text;
    }
  };
  const values = Object.values(matrix);
  const plainName = values.length === 0 ? model.key : `${model.key} (${values.join(", ")})`;
  const job: JobRecord = {
    id: store.nextId("job", 26_300_000_001),
    runId: run.id,
    repositoryId: run.repositoryId,
    attempt: run.attempt,
    key: model.key,
    name: model.name === undefined ? plainName : fill(model.name),
    labels: model.labels.map(fill),
    group: model.group === undefined ? null : fill(model.group),
    needs: model.needs,
    matrix,
    status: "blocked",
    conclusion: null,
    runnerId: null,
    runnerName: null,
    runnerGroupId: null,
    runnerGroupName: null,
    steps: [],
    annotations: [],
    createdAt: store.now(),
    startedAt: null,
    completedAt: null,
  };
  return { job, problem };
}
