import { randomUUID } from "node:crypto";
import type { ArmResource, SandboxReply } from "../../ports.js";
import { makeArmError } from "../errors.js";
import { replyWithPage } from "../paging.js";
import {
  readList,
  readObject,
  type ActionInput,
  type ArmRoom,
  type ResourceKind,
} from "../kind.js";
import { jobType } from "../type-names.js";
import { checkJob } from "./job-rules.js";

/** https://learn.microsoft.com/rest/api/resource-manager/containerapps/jobs */
export function defineJob(room: ArmRoom): ResourceKind[] {
  const { ctx } = room;
  const job: ResourceKind = {
    type: jobType,
    location: "required",
    names: {
      pattern: /^(?=.{2,32}$)[a-z](?:-?[a-z0-9])*$/,
      rule: "must be 2 to 32 lower-case letters, digits and hyphens, begin with a letter, end with a letter or digit and have no two hyphens in a row",
    },
    write: { how: "Azure-AsyncOperation", state: "InProgress" },
    remove: "Location",
    operations: "containerappsjob",
    prepare(input) {
      const { body, existing } = input;
      keepSecretValues(body, existing);
      checkJob(room, input);
      return {
        workloadProfileName: null,
        outboundIpAddresses: [],
        ...body.properties,
        environmentId: body.properties["environmentId"],
        eventStreamEndpoint: `${ctx.origin}${input.id}/eventstream`,
      };
    },
    present(resource) {
      const configuration = readObject(resource.properties, "configuration");
      const secrets = readList(configuration, "secrets");
      if (secrets.length > 0) {
        configuration["secrets"] = secrets.map(({ value: _, ...secret }) => secret);
      }
      return resource;
    },
    removed: (resource) => ctx.engine.forget(resource.id),
    // https://learn.microsoft.com/azure/role-based-access-control/permissions/containers#microsoftapp
    permission(method, [word, name, action]) {
      if (word?.toLowerCase() !== "executions" || name === undefined) return undefined;
      if (method === "GET" && action === undefined) return `${jobType}/execution/read`;
      return action?.toLowerCase() === "stop" ? `${jobType}/stop/execution/action` : undefined;
    },
    actions: {
      listsecrets: ({ resource }) => ({
        status: 200,
        body: { value: listSecrets(room, resource) },
      }),
      start: (input) => startJob(room, input),
      stop: (input) => stopAll(room, input),
      executions: (input) => actOnExecution(room, input),
    },
    views: {
      executions: (input) => viewExecutions(room, input),
    },
  };
  return [job];
}

/** A reader is shown no values: who writes back what was read keeps them. */
function keepSecretValues(body: ArmResource, existing: ArmResource | undefined): void {
  const before = new Map(
    readList(existing?.properties, "configuration", "secrets").map((secret) => [
      secret["name"],
      secret["value"],
    ]),
  );
  for (const secret of readList(body.properties, "configuration", "secrets")) {
    if (secret["keyVaultUrl"] !== undefined || secret["value"] !== undefined) continue;
    const value = before.get(secret["name"]);
    if (value !== undefined) secret["value"] = value;
  }
}

/** With their values: whoever may do this has the secrets. Those of a vault are resolved anew. */
function listSecrets(room: ArmRoom, job: ArmResource): unknown[] {
  return readList(job.properties, "configuration", "secrets").map((secret) => {
    const { name, value, keyVaultUrl, identity } = secret;
    if (typeof keyVaultUrl !== "string" || keyVaultUrl === "") return { name, value };
    const resolved = room.ctx.vault.resolveReference(keyVaultUrl, String(identity));
    return { name, value: resolved, keyVaultUrl, identity };
  });
}

async function startJob(room: ArmRoom, { resource, request }: ActionInput): Promise<SandboxReply> {
  const override = (await request.json()) as Record<string, unknown> | undefined;
  if (override !== undefined && (typeof override !== "object" || Array.isArray(override))) {
    throw makeArmError(400, "InvalidRequestContent", "The template of a start must be an object.");
  }
  const isEmpty = override === undefined || Object.keys(override).length === 0;
  const { id, name } = await room.ctx.engine.start(resource, isEmpty ? undefined : override);
  return { status: 200, body: { id, name } };
}

async function stopAll(room: ArmRoom, { resource, request }: ActionInput): Promise<SandboxReply> {
  const running = room.ctx.engine
    .list(resource.id)
    .filter((one) => ["Running", "Processing"].includes(one.properties.status));
  await room.ctx.engine.stop(resource.id);
  return replyWithPage(
    request,
    running.map((one) => room.ctx.engine.find(resource.id, one.name) ?? one),
  );
}

/** `POST {job}/executions/{name}/stop` */
async function actOnExecution(
  room: ArmRoom,
  { resource, rest, request }: ActionInput,
): Promise<SandboxReply> {
  const [name = "", action = ""] = rest;
  if (action.toLowerCase() !== "stop" || rest.length !== 2) {
    throw makeArmError(404, "NotFound", `There is no action '${rest.join("/")}' on an execution.`);
  }
  findExecution(room, resource, name);
  await room.ctx.engine.stop(resource.id, name);
  return {
    status: 202,
    headers: {
      location: `${request.url.origin}${resource.id}/executions/${name}?api-version=${request.query.get("api-version") ?? ""}`,
      "retry-after": "0",
    },
    body: undefined,
  };
}

/** `GET {job}/executions[/{name}]` */
function viewExecutions(room: ArmRoom, { resource, rest, request }: ActionInput): SandboxReply {
  const [name] = rest;
  if (name !== undefined) return { status: 200, body: findExecution(room, resource, name) };
  const status = /status eq '?([A-Za-z]+)'?/i.exec(request.query.get("$filter") ?? "")?.[1];
  return replyWithPage(
    request,
    room.ctx.engine
      .list(resource.id)
      .filter(
        (one) =>
          status === undefined || one.properties.status.toLowerCase() === status.toLowerCase(),
      ),
  );
}

function findExecution(room: ArmRoom, job: ArmResource, name: string): unknown {
  const found = room.ctx.engine.find(job.id, name);
  if (found !== undefined) return found;
  throw makeArmError(
    404,
    "JobExecutionNotFound",
    `Job execution '${name}' of job '${job.name}' was not found. Trace: ${randomUUID()}`,
  );
}
