import { parse as parseYaml } from "yaml";
import { SandboxHttpError, type ArmPort } from "../ports.js";

export interface BuildPlan {
  readonly id: string;
  readonly imageNames: readonly string[];
  readonly dockerfile: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly buildkit: boolean;
}

/** What a run is to do, from any of the request types of `scheduleRun`. */
export interface TaskPlan {
  readonly runType: "QuickBuild" | "QuickRun";
  readonly builds: readonly BuildPlan[];
  /** Names to push; undefined pushes what each build is tagged with. */
  readonly push: readonly string[] | undefined;
  /** Steps that are only written to the log. */
  readonly skipped: readonly string[];
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
  const imageNames = list(request["imageNames"]).map(String);
  return {
    ...common(request, "QuickBuild"),
    builds: [
      {
        id: "build",
        imageNames,
        dockerfile: text(request, "dockerFilePath"),
        buildArgs,
        target: optionalText(request, "target"),
        buildkit: false,
      },
    ],
    // Pushing is the default of the service, not of the SDK.
    push: request["isPushEnabled"] === false ? [] : undefined,
    skipped: [],
  };
}

function planStoredTask(request: Fields, arm: ArmPort): TaskPlan {
  const taskId = text(request, "taskId");
  const task = arm.find(taskId);
  if (task === undefined) {
    throw new SandboxHttpError(404, "TaskNotFound", `The task '${taskId}' is not found.`);
  }
  const step = asFields(task.properties["step"], "The task's step");
  if (step["type"] !== "EncodedTask") {
    throw invalid(
      `The sandbox runs tasks with an EncodedTask step; this one's is ${String(step["type"])}.`,
    );
  }
  const override = asFields(request["overrideTaskStepProperties"] ?? {}, "The override");
  const values = override["values"] ?? step["values"];
  return planEncodedTask(
    { platform: task.properties["platform"], timeout: task.properties["timeout"], ...request },
    text(step, "encodedTaskContent"),
    values,
  );
}

/** https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml */
function planEncodedTask(request: Fields, encoded: string, values: unknown): TaskPlan {
  let document: Fields;
  try {
    document = asFields(parseYaml(Buffer.from(encoded, "base64").toString("utf8")), "The task");
  } catch (error) {
    if (error instanceof SandboxHttpError) throw error;
    throw invalid("The encoded task is not YAML.");
  }
  const substitutions = new Map(
    list(values).map((value) => {
      const { name, value: given } = asFields(value, "An element of values");
      return [String(name), String(given)] as const;
    }),
  );
  const substitute = (source: string) =>
    source.replace(/\{\{\s*\.Values\.(\w+)\s*\}\}/g, (_match, name: string) => {
      return substitutions.get(name) ?? "";
    });
  const builds: BuildPlan[] = [];
  const push: string[] = [];
  const skipped: string[] = [];
  for (const [index, item] of list(document["steps"]).entries()) {
    const step = asFields(item, "A step of the task");
    const id = typeof step["id"] === "string" ? step["id"] : `acb_step_${index}`;
    if (typeof step["build"] === "string") {
      const env = list(step["env"]).map(String);
      builds.push(planBuildStep(id, substitute(step["build"]), env.includes("DOCKER_BUILDKIT=1")));
    } else if (Array.isArray(step["push"])) {
      push.push(...step["push"].map((name) => substitute(String(name))));
    } else {
      skipped.push(id);
    }
  }
  return { ...common(request, "QuickRun"), builds, push, skipped };
}

function planBuildStep(id: string, command: string, buildkit: boolean): BuildPlan {
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) =>
    word.replace(/^(["'])(.*)\1$/, "$2"),
  );
  const imageNames: string[] = [];
  const buildArgs = new Map<string, string>();
  let dockerfile = "Dockerfile";
  let target: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const [name = "", inline] = splitOption(words[index] ?? "");
    const value = () => inline ?? words[(index += 1)] ?? "";
    if (name === "-t" || name === "--tag") imageNames.push(value());
    else if (name === "-f" || name === "--file") dockerfile = value();
    else if (name === "--target") target = value();
    else if (name === "--build-arg") {
      const pair = value();
      const at = pair.indexOf("=");
      buildArgs.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? "" : pair.slice(at + 1));
    }
  }
  return { id, imageNames, dockerfile, buildArgs, target, buildkit };
}

function splitOption(word: string): [string, string | undefined] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
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
