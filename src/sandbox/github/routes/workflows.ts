import type { Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { PermissionLevel, RunRecord, WorkflowRecord } from "../records.js";
import { workflowsOf } from "../repositories.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { viewRun, viewWorkflow } from "../views/actions.js";
import { repositoryUrl } from "../views/repositories.js";
import { WorkflowFileError, type InputModel } from "../workflow/model.js";
import { readWorkflow } from "../workflow/read-workflow.js";
import { listRuns } from "./runs.js";
import { repositoryOf } from "./repositories.js";

function need(level: PermissionLevel): Need {
  return { kind: "permission", permission: "actions", level, scopes: ["repo"] };
}

/** https://docs.github.com/rest/actions/workflows */
export function routeWorkflows(parts: GithubParts): RouteTable {
  const { store, actions } = parts;
  /** By number or by file name. */
  const find = (call: Call): WorkflowRecord => {
    const wanted = call.path.workflow_id ?? "";
    const workflow = workflowsOf(store, repositoryOf(call).id).find(
      (one) =>
        String(one.id) === wanted || one.path.split("/").at(-1) === wanted || one.path === wanted,
    );
    if (workflow === undefined) throw makeNotFound(call.docs);
    return workflow;
  };
  const setState = (state: WorkflowRecord["state"]) => (call: Call) => {
    const workflow = find(call);
    store.workflows.set(String(workflow.id), { ...workflow, state, updatedAt: store.now() });
    return { status: 204 };
  };
  return {
    "actions/list-repo-workflows": {
      need: need("read"),
      handle: (call) =>
        cutPage(call.request, workflowsOf(store, repositoryOf(call).id), (page, total) => ({
          total_count: total,
          workflows: page.map((workflow) => viewWorkflow(store, repositoryOf(call), workflow)),
        })),
    },
    "actions/get-workflow": {
      need: need("read"),
      handle: (call) => ({
        status: 200,
        body: viewWorkflow(store, repositoryOf(call), find(call)),
      }),
    },
    "actions/disable-workflow": { need: need("write"), handle: setState("disabled_manually") },
    "actions/enable-workflow": { need: need("write"), handle: setState("active") },
    "actions/list-workflow-runs": {
      need: need("read"),
      handle: (call) => {
        const workflow = find(call);
        return listRuns(parts, call, (run) => run.workflowId === workflow.id);
      },
    },
    "actions/create-workflow-dispatch": {
      need: need("write"),
      handle: (call) => {
        const run = dispatch(call, find(call));
        if (call.body.return_run_details !== true) return { status: 204 };
        const view = viewRun(store, repositoryOf(call), run);
        return {
          status: 200,
          body: {
            workflow_run_id: run.id,
            run_url: `${repositoryUrl(store, repositoryOf(call))}/actions/runs/${run.id}`,
            html_url: view.html_url,
          },
        };
      },
    },
  };

  function dispatch(call: Call, workflow: WorkflowRecord): RunRecord {
    const repository = repositoryOf(call);
    const branch = (call.body.ref as string).replace(/^refs\/heads\//, "");
    const sha = repository.branches[branch];
    if (sha === undefined) {
      throw makeGithubError(422, `No ref found for: ${branch}`, { docs: call.docs });
    }
    if (workflow.state !== "active" || !repository.actions.enabled) {
      throw makeGithubError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow", {
        docs: call.docs,
      });
    }
    const source = store.files.get(`${repository.id}:${workflow.path}`)?.content ?? "";
    const inputs = checkInputs(call, source);
    const actor = call.caller.kind === "token" ? call.caller.token.owner : "ghost";
    return actions.createRun({
      repository,
      workflow,
      source,
      event: "workflow_dispatch",
      actor,
      branch,
      sha,
      inputs,
    });
  }
}

/** The inputs as the workflow declares them, with its defaults. */
function checkInputs(call: Call, source: string): Record<string, string> {
  const given = (call.body.inputs as Record<string, unknown> | undefined) ?? {};
  let declared: Readonly<Record<string, InputModel>> = {};
  try {
    const workflow = readWorkflow(source);
    if (!workflow.events.includes("workflow_dispatch")) {
      throw makeGithubError(422, "Workflow does not have 'workflow_dispatch' trigger", {
        docs: call.docs,
      });
    }
    declared = workflow.inputs;
  } catch (error) {
    // The run itself says that the file is no workflow.
    if (!(error instanceof WorkflowFileError)) throw error;
    return {};
  }
  const unexpected = Object.keys(given).filter((name) => declared[name] === undefined);
  if (unexpected.length > 0) {
    throw makeGithubError(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`, {
      docs: call.docs,
    });
  }
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const value = given[name] === undefined ? input.default : String(given[name]);
    if (value === undefined && input.required) {
      throw makeGithubError(422, `Required input '${name}' not provided`, { docs: call.docs });
    }
    if (value !== undefined && input.type === "choice" && !input.options.includes(value)) {
      throw makeGithubError(
        422,
        `Provided value '${value}' for input '${name}' not in the list of allowed values`,
        { docs: call.docs },
      );
    }
    inputs[name] = value ?? (input.type === "boolean" ? "false" : "");
  }
  return inputs;
}
