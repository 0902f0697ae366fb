import { parentId } from "../arm/ids.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { ResourceModel } from "../engine/model.js";
import { asJson, asText } from "../http/json.js";
import { taskApiVersion } from "./container-registry-task.js";

const running = new Set(["Queued", "Started", "Running"]);
const pollMilliseconds = 1000;

/** Runs a task once, when it is created; changing the task's id runs it again. */
export const containerRegistryTaskRun: ResourceModel = {
  type: "azurerm_container_registry_task_schedule_run_now",
  forceNew: ["container_registry_task_id"],

  async create(planned, context) {
    const task = planned.requiredText("container_registry_task_id");
    const registry = parentId(task);
    const answer = await context.arm.run("POST", `${registry}/scheduleRun`, taskApiVersion, {
      type: "TaskRunRequest",
      taskId: task,
    });
    let properties = asJson(answer["properties"]);
    const run = asText(properties["runId"]) ?? asText(answer["name"]) ?? "";
    while (running.has(asText(properties["status"]) ?? "")) {
      await context.pause(pollMilliseconds);
      const current = await context.arm.get(`${registry}/runs/${run}`, taskApiVersion);
      properties = asJson(current["properties"]);
    }
    const status = asText(properties["status"]);
    if (status !== "Succeeded") {
      throw new DiagnosticError(`scheduling task ${task}: run ${run} ended as ${status}`, {
        detail: asText(properties["runErrorMessage"]) ?? "The run's log says why.",
      });
    }
    return { id: `${task}/schedule` };
  },

  async read(state, context) {
    const task = state.requiredText("container_registry_task_id");
    const found = await context.arm.find(task, taskApiVersion);
    return found === undefined ? undefined : {};
  },

  /** A run cannot be undone. */
  delete: async () => {},
};
