import type { SandboxReply, SandboxRequest } from "../ports.js";
import { makeArmError } from "./errors.js";
import { registryNames } from "./kinds/registry.js";
import {
  checkPurge,
  checkVaultName,
  deletedVaults,
  findDeletedVault,
  presentDeletedVault,
} from "./kinds/vault.js";
import { deletedWorkspaces } from "./kinds/workspace.js";
import { replyWithPage } from "./paging.js";
import type { ArmParts, Call } from "./parts.js";
import { registryType } from "./type-names.js";

type Route = (call: Call, subscription: string) => Promise<SandboxReply> | SandboxReply;

/** What providers offer for a subscription beside its resources. */
export function createSubscriptionProviderRoutes(
  parts: ArmParts,
): (call: Call) => Promise<SandboxReply | undefined> {
  const { room, providers } = parts;
  const routes: readonly [method: string, pattern: RegExp, route: Route][] = [
    [
      "POST",
      /^microsoft\.containerregistry\/checknameavailability$/,
      (call) => checkRegistryName(parts, call.request),
    ],
    [
      "POST",
      /^microsoft\.keyvault\/checknameavailability$/,
      (call) => checkVaultName(room, call.request),
    ],
    [
      "GET",
      /^microsoft\.operationalinsights\/deletedworkspaces$/,
      ({ request }) =>
        replyWithPage(
          request,
          deletedWorkspaces(room)
            .entries()
            .map(([, one]) => one),
        ),
    ],
    [
      "GET",
      /^microsoft\.keyvault\/deletedvaults$/,
      ({ request }, subscription) =>
        replyWithPage(
          request,
          deletedVaults(room)
            .entries()
            .map(([, one]) => presentDeletedVault(one, subscription)),
        ),
    ],
    // Clients that look for a vault by its name look among these too; there are none here.
    [
      "GET",
      /^microsoft\.keyvault\/(deleted)?managedhsms$/,
      ({ request }) => replyWithPage(request, []),
    ],
    [
      "GET",
      /^microsoft\.keyvault\/locations\/[^/]+\/deletedvaults\/[^/]+$/,
      ({ path }, subscription) => ({
        status: 200,
        body: presentDeletedVault(
          findDeletedVault(room, subscription, path.segments[3] ?? ""),
          subscription,
        ),
      }),
    ],
    [
      "POST",
      /^microsoft\.keyvault\/locations\/[^/]+\/deletedvaults\/[^/]+\/purge$/,
      (call, subscription) => purgeVault(parts, call, subscription),
    ],
  ];
  return async (call) => {
    const { path, request } = call;
    const subscription = path.subscription ?? "";
    // `/subscriptions/{s}/providers/{namespace}[/register]` is about the provider itself.
    const [first] = path.segments;
    if (first === undefined || /^(un)?register$/i.test(first)) {
      return providers.handle(request, subscription, path.namespace, first);
    }
    const address = [path.namespace, ...path.segments].join("/").toLowerCase();
    const match = routes.find(
      ([method, pattern]) => method === request.method && pattern.test(address),
    );
    return await match?.[2](call, subscription);
  };
}

/** https://learn.microsoft.com/rest/api/containerregistry/registries/check-name-availability */
async function checkRegistryName(
  { room }: ArmParts,
  request: SandboxRequest,
): Promise<SandboxReply> {
  const { name = "" } = ((await request.json()) ?? {}) as { name?: string };
  const answer = (reason: string, message: string): SandboxReply => ({
    status: 200,
    body: { nameAvailable: false, reason, message },
  });
  if (!registryNames.pattern.test(name)) {
    return answer("Invalid", `The registry name '${name}' is invalid: it ${registryNames.rule}.`);
  }
  const taken =
    room.isTaken(registryType, name) ||
    room.store.list(registryType).some((one) => one.name.toLowerCase() === name.toLowerCase());
  return taken
    ? answer("AlreadyExists", `The registry ${name} is already in use.`)
    : { status: 200, body: { nameAvailable: true } };
}

async function purgeVault(
  { room, operations, resources }: ArmParts,
  { request, path, caller }: Call,
  subscription: string,
): Promise<SandboxReply> {
  const found = findDeletedVault(room, subscription, path.segments[3] ?? "");
  resources.requireAction(
    caller,
    "Microsoft.KeyVault/locations/deletedVaults/purge/action",
    `/subscriptions/${subscription}`,
  );
  checkPurge(found);
  deletedVaults(room).delete(found.resource.name.toLowerCase());
  await room.ctx.vault.close(found.resource.id);
  const operation = operations.begin("purge", found.resource.id);
  const location = found.resource.location;
  if (location === undefined) throw makeArmError(404, "NotFound", "The vault has no location.");
  return {
    status: 202,
    headers: operations.headers(
      request,
      operation,
      "Location",
      `/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${location}`,
    ),
  };
}
