import { SandboxHttpError, type ArmPort, type ArmResource } from "../ports.js";
import { readTaskSteps, type TaskStep } from "./task-step.js";
import { expandRunAliases, renderTemplate, type TaskVariables } from "./task-template.js";

/** What made a run of a stored task start. */
export interface TaskTrigger {
  readonly timerTrigger?: {
    readonly timerTriggerName: string;
    readonly scheduleOccurrence: string;
  };
  readonly imageUpdateTrigger?: {
    readonly id: string;
    readonly timestamp: string;
    readonly images: readonly {
      readonly registry: string;
      readonly repository: string;
      readonly tag: string;
      readonly digest: string;
    }[];
  };
}

/** What a run is to do, from any of the request types of `scheduleRun`. */
export interface TaskPlan {
  readonly runType: "QuickBuild" | "QuickRun" | "AutoBuild" | "AutoRun";
  /** The stored task it is a run of. */
  readonly task?: { readonly id: string; readonly name: string };
  readonly trigger?: TaskTrigger;
  readonly values: ReadonlyMap<string, string>;
  /** Read when the run starts: what is wrong with a task's text fails the run, not the request. */
  readonly readSteps: (variables: TaskVariables) => TaskStep[];
  /** As given: a relative path of an uploaded context, or a URL. */
  readonly sourceLocation: string | undefined;
  readonly timeoutSeconds: number;
  readonly platform: { os: string; architecture: string };
  readonly cpu: number;
  readonly archive: boolean;
}

type Fields = Record<string, unknown>;

/** https://learn.microsoft.com/rest/api/containerregistry/registries/schedule-run */
export function parseRunRequest(body: unknown, arm: ArmPort): TaskPlan {
  const request = asFields(body, "The run request");
  switch (request["type"]) {
    case "DockerBuildRequest":
      return planDockerBuild(request);
    case "EncodedTaskRunRequest":
      return planEncodedTask(request, text(request, "encodedTaskContent"), request["values"]);
    case "TaskRunRequest":
      return planStoredTask(request, arm);
    case "FileTaskRunRequest":
      throw invalid("FileTaskRunRequest is not served by the sandbox; use DockerBuildRequest.");
    default:
      throw invalid(
        `The run request's type '${String(request["type"])}' is not one of DockerBuildRequest, EncodedTaskRunRequest, TaskRunRequest, FileTaskRunRequest.`,
      );
  }
}

function planDockerBuild(request: Fields): TaskPlan {
  const buildArgs = new Map<string, string>();
  for (const argument of list(request["arguments"])) {
    const { name, value } = asFields(argument, "An element of arguments");
    if (typeof name !== "string" || typeof value !== "string") {
      throw invalid("Each of arguments needs a name and a value.");
    }
    buildArgs.set(name, value);
  }
  const settings = common(request, "QuickBuild");
  const build = {
    imageNames: list(request["imageNames"]).map(String),
    dockerfile: text(request, "dockerFilePath"),
    context: ".",
    buildArgs,
    target: optionalText(request, "target"),
    buildkit: false,
  };
  const step = {
    timeoutSeconds: settings.timeoutSeconds,
    startDelaySeconds: 0,
    retries: 0,
    retryDelaySeconds: 5,
    ignoreErrors: false,
  };
  return {
    ...settings,
    values: new Map(),
    readSteps(variables) {
      const imageNames = build.imageNames.map((name) =>
        renderTemplate(expandRunAliases(name), variables),
      );
      const steps: TaskStep[] = [
        {
          ...step,
          id: "build",
          work: { type: "build", build: { ...build, imageNames } },
          after: [],
        },
      ];
      // Pushing is the default of the service, not of the SDK.
      if (request["isPushEnabled"] !== false && imageNames.length > 0) {
        const work = { type: "push" as const, names: imageNames };
        steps.push({ ...step, id: "push", work, after: ["build"] });
      }
      return steps;
    },
  };
}

function planStoredTask(request: Fields, arm: ArmPort): TaskPlan {
  const taskId = text(request, "taskId");
  const task = arm.find(taskId);
  if (task === undefined) {
    throw new SandboxHttpError(404, "TaskNotFound", `The task '${taskId}' is not found.`);
  }
  const override = asFields(request["overrideTaskStepProperties"] ?? {}, "The override");
  return { ...planTask(task, request, override["values"]), runType: "QuickRun" };
}

/** A run of a stored task that a trigger starts. */
export function planTriggeredTask(task: ArmResource, trigger: TaskTrigger): TaskPlan {
  const plan = planTask(task, {}, undefined);
  return { ...plan, runType: plan.runType === "QuickBuild" ? "AutoBuild" : "AutoRun", trigger };
}

function planTask(task: ArmResource, request: Fields, values: unknown): TaskPlan {
  const { properties } = task;
  const step = asFields(properties["step"], "The task's step");
  const contextPath = step["contextPath"];
  const settings = {
    platform: properties["platform"],
    timeout: properties["timeout"],
    agentConfiguration: properties["agentConfiguration"],
    // `az` names /dev/null where a task needs no source.
    ...(contextPath === "/dev/null" ? {} : { sourceLocation: contextPath }),
    ...request,
  };
  const of = { task: { id: task.id.toLowerCase(), name: task.name } };
  switch (step["type"]) {
    case "EncodedTask": {
      const content = text(step, "encodedTaskContent");
      return { ...planEncodedTask(settings, content, values ?? step["values"]), ...of };
    }
    case "Docker":
      return { ...planDockerBuild({ ...step, ...settings }), ...of };
    default:
      throw invalid(
        `The sandbox runs tasks with an EncodedTask or a Docker step; this one's is ${String(step["type"])}.`,
      );
  }
}

/** https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml */
function planEncodedTask(request: Fields, encoded: string, given: unknown): TaskPlan {
  const values = new Map(
    list(given).map((item) => {
      const { name, value } = asFields(item, "An element of values");
      return [String(name), String(value)] as const;
    }),
  );
  const source = Buffer.from(encoded, "base64").toString("utf8");
  return {
    ...common(request, "QuickRun"),
    values,
    readSteps: (variables) => readTaskSteps(source, variables),
  };
}

function common(
  request: Fields,
  runType: TaskPlan["runType"],
): Pick<
  TaskPlan,
  "runType" | "sourceLocation" | "timeoutSeconds" | "platform" | "cpu" | "archive"
> {
  const platform = asFields(request["platform"] ?? {}, "platform");
  const os = String(platform["os"] ?? "");
  // `az acr build` writes it in lower case.
  if (os.toLowerCase() !== "linux") {
    throw invalid(
      os === ""
        ? "The property platform.os is required."
        : `The sandbox builds for Linux only; platform.os is '${os}'.`,
    );
  }
  const timeout = request["timeout"] ?? 3600;
  if (typeof timeout !== "number" || timeout < 300 || timeout > 28_800) {
    throw invalid("The property timeout must be between 300 and 28800 seconds.");
  }
  const agent = asFields(request["agentConfiguration"] ?? {}, "agentConfiguration");
  return {
    runType,
    sourceLocation: optionalText(request, "sourceLocation"),
    timeoutSeconds: timeout,
    platform: { os: "linux", architecture: String(platform["architecture"] ?? "amd64") },
    cpu: typeof agent["cpu"] === "number" ? agent["cpu"] : 2,
    archive: request["isArchiveEnabled"] === true,
  };
}

function invalid(message: string): SandboxHttpError {
  return new SandboxHttpError(400, "InvalidRequest", message);
}

function asFields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be an object.`);
  }
  return value as Fields;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw invalid(`The property ${name} is required.`);
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
