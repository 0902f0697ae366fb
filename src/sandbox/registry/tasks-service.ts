import { randomUUID } from "node:crypto";
import {
  SandboxHttpError,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import type { OpenRegistry, Registries } from "./registries.js";
import { isFinished, runBody, type RunRecord } from "./run-record.js";
import { filterRuns } from "./run-filter.js";
import { createSas, storageAccount } from "./storage-sas.js";
import { parseRunRequest } from "./task-plan.js";
import { logBlob, logContainer, sourceContainer, type TaskRunner } from "./task-runner.js";

const routePattern =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerRegistry\/registries\/[^/]+)\/(listBuildSourceUploadUrl|scheduleRun|runs)(?:\/([^/]+))?(?:\/([^/]+))?\/?$/i;

const provider = "Microsoft.ContainerRegistry/registries";

/** The ARM side of ACR Tasks: uploads, runs and their logs. */
export function createTasksService(
  ctx: SandboxContext,
  registries: Registries,
  runner: TaskRunner,
  accountKey: () => Buffer,
  closing: () => void = () => {},
): SandboxService {
  async function handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.listener.includes(":")) return undefined;
    const match = routePattern.exec(decodeURIComponent(request.path));
    if (match === null) return undefined;
    const [, registryId = "", operation = "", runId, runAction] = match;
    requireApiVersion(request);
    const route = `${request.method} ${[operation, runId && "{id}", runAction].filter(Boolean).join("/")}`;
    switch (route.toLowerCase()) {
      case "post listbuildsourceuploadurl":
        return createUpload(authorize(request, registryId, "listBuildSourceUploadUrl/action"));
      case "post schedulerun": {
        const registry = authorize(request, registryId, "scheduleRun/action");
        const plan = parseRunRequest(await request.json(), ctx.arm);
        return { status: 200, body: runBody(registryId, runner.schedule(registry, plan)) };
      }
      case "get runs":
        return listRuns(request, registryId, authorize(request, registryId, "runs/read"));
      case "get runs/{id}": {
        const registry = authorize(request, registryId, "runs/read");
        return { status: 200, body: runBody(registryId, findRun(registry, runId)) };
      }
      case "patch runs/{id}": {
        const registry = authorize(request, registryId, "runs/write");
        const body = (await request.json()) as { isArchiveEnabled?: unknown } | undefined;
        const run = runner.setArchive(findRun(registry, runId), body?.isArchiveEnabled === true);
        return { status: 200, body: runBody(registryId, run) };
      }
      case "post runs/{id}/listlogsasurl": {
        const registry = authorize(request, registryId, "runs/listLogSasUrl/action");
        const run = findRun(registry, runId);
        return {
          status: 200,
          body: { logLink: blobUrl(logContainer(registry), logBlob(run), "r") },
        };
      }
      case "post runs/{id}/cancel": {
        const registry = authorize(request, registryId, "runs/cancel/action");
        const run = findRun(registry, runId);
        if (isFinished(run.status)) {
          throw new SandboxHttpError(
            409,
            "CannotCancelRun",
            `The run '${run.runId}' is in the terminal state '${run.status}' and cannot be canceled.`,
          );
        }
        runner.cancel(run);
        return { status: 200 };
      }
      default:
        throw new SandboxHttpError(
          405,
          "MethodNotAllowed",
          `The sandbox does not serve ${request.method} on ${request.path}.`,
        );
    }
  }

  function authorize(request: SandboxRequest, registryId: string, action: string): OpenRegistry {
    const principal = ctx.entra.authenticate(request, [
      "https://management.azure.com",
      "https://management.core.windows.net",
      ctx.origin,
    ]);
    if (!ctx.rbac.allows(principal.objectId, `${provider}/${action}`, registryId)) {
      throw new SandboxHttpError(
        403,
        "AuthorizationFailed",
        `The client '${principal.appId}' with object id '${principal.objectId}' does not have authorization to perform action '${provider}/${action}' over scope '${registryId}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      );
    }
    const registry = registries.findById(registryId);
    if (registry === undefined) {
      const [, , , , group, , , , name] = registryId.split("/");
      throw new SandboxHttpError(
        404,
        "ResourceNotFound",
        `The Resource '${provider}/${name ?? ""}' under resource group '${group ?? ""}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
      );
    }
    return registry;
  }

  function findRun(registry: OpenRegistry, runId: string | undefined): RunRecord {
    const run = runner.find(registry, runId ?? "");
    if (run === undefined) {
      throw new SandboxHttpError(404, "RunNotFound", `The run '${runId ?? ""}' is not found.`);
    }
    return run;
  }

  function createUpload(registry: OpenRegistry): SandboxReply {
    const stamp = ctx.clock.now().toISOString().slice(0, 16).replace(/[-T:]/g, "");
    const relativePath = `tasks-source/${stamp}/${randomUUID().replaceAll("-", "")}.tar.gz`;
    const uploadUrl = blobUrl(sourceContainer(registry), relativePath, "cw");
    return { status: 200, body: { uploadUrl, relativePath } };
  }

  function blobUrl(container: string, blob: string, permissions: string): string {
    const now = ctx.clock.now().getTime();
    const sas = createSas(accountKey(), {
      container,
      blob,
      permissions,
      startsOn: new Date(now - 300_000),
      expiresOn: new Date(now + 3_600_000),
    });
    const account = ctx.storageOrigin ?? `${ctx.origin}/${storageAccount}`;
    return `${account}/${container}/${blob}?${sas}`;
  }

  function listRuns(
    request: SandboxRequest,
    registryId: string,
    registry: OpenRegistry,
  ): SandboxReply {
    const runs = filterRuns(runner.list(registry), request.query.get("$filter"));
    const top = Number(request.query.get("$top") ?? 100);
    if (!Number.isInteger(top) || top < 1) {
      throw new SandboxHttpError(400, "InvalidRequest", "$top must be a positive integer.");
    }
    const skip = Number(request.query.get("$skipToken") ?? 0);
    const page = runs.slice(skip, skip + top);
    const next = new URL(request.path + request.url.search, ctx.origin);
    next.searchParams.set("$skipToken", String(skip + top));
    return {
      status: 200,
      body: {
        value: page.map((run) => runBody(registryId, run)),
        ...(skip + top < runs.length ? { nextLink: next.href } : {}),
      },
    };
  }

  async function close(): Promise<void> {
    closing();
    await runner.close();
  }

  return { name: "registry-tasks", handle, close };
}

function requireApiVersion(request: SandboxRequest): void {
  const version = request.query.get("api-version");
  if (version === null || version === "") {
    throw new SandboxHttpError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  if (!["2018-09-01", "2019-04-01", "2019-06-01-preview", "2025-03-01-preview"].includes(version)) {
    throw new SandboxHttpError(
      400,
      "NoRegisteredProviderFound",
      `No registered resource provider found for API version '${version}' for type 'registries/runs'. The supported api-versions are '2018-09-01, 2019-04-01, 2019-06-01-preview, 2025-03-01-preview'.`,
    );
  }
}
