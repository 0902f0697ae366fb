import type { FederatedCredential } from "../entra/directory.js";
import {
  type ArmPort,
  type ArmResource,
  type Collection,
  type RbacPort,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import { Authorization } from "./role-assignments.js";
import { describeCloud, describeCloudOf2015 } from "./cloud.js";
import { Groups } from "./groups.js";
import type { ArmRoom, ResourceKind } from "./kind.js";
import { defineEnvironment } from "./kinds/environment.js";
import { defineIdentity } from "./kinds/identity.js";
import { defineJob } from "./kinds/job.js";
import { defineNetwork } from "./kinds/network.js";
import { defineOthers } from "./kinds/others.js";
import { defineRegistry } from "./kinds/registry.js";
import { defineVault } from "./kinds/vault.js";
import { defineWorkspace } from "./kinds/workspace.js";
import { Operations } from "./operations.js";
import { Providers } from "./providers.js";
import { Resources } from "./resources.js";
import { createArmRoutes } from "./routes.js";
import { ResourceStore } from "./store.js";
import { federatedType, groupType, identityType } from "./type-names.js";

export interface ArmOptions {
  readonly tenantId: string;
  readonly asyncSeconds: number;
  readonly principals: {
    register(principal: { objectId: string; appId: string; displayName: string }): void;
    forget(objectId: string): void;
    has(objectId: string): boolean;
  };
}

export interface ArmService {
  readonly service: SandboxService;
  readonly port: ArmPort;
  readonly rbac: RbacPort;
  /** Gives the first principal the subscription, as if it had always been its owner. */
  ensureOwner(principalId: string): void;
  federatedCredentials(clientId: string): readonly FederatedCredential[];
  /** Opens the data planes of what a former run created. */
  reopen(): Promise<void>;
}

export function createArmService(ctx: SandboxContext, options: ArmOptions): ArmService {
  const store = new ResourceStore(ctx.state);
  const taken: Collection<true> = ctx.state.collection("arm.taken-names");
  const room: ArmRoom = {
    ctx,
    store,
    tenantId: options.tenantId,
    isTaken: (type, name) => taken.get(`${type}/${name}`.toLowerCase()) !== undefined,
    registerPrincipal: (principal) => options.principals.register(principal),
    forgetPrincipal: (objectId) => options.principals.forget(objectId),
  };
  const kinds = collectKinds(room);
  const operations: Operations = new Operations({
    state: ctx.state,
    clock: ctx.clock,
    seconds: options.asyncSeconds,
    settle: (operation) => resources.settle(operation),
  });
  const authorization = new Authorization({
    state: ctx.state,
    tenantId: options.tenantId,
    subscriptionId: ctx.subscriptionId,
    now: () => ctx.clock.now(),
    hasPrincipal: (objectId) => options.principals.has(objectId),
    scopeExists: (scope) => isContainer(scope) || store.find(scope) !== undefined,
  });
  const resources = new Resources(room, operations, kinds, (id) => authorization.forgetBelow(id));
  const route = createArmRoutes({
    room,
    resources,
    operations,
    authorization,
    groups: new Groups(store, operations),
    providers: new Providers(ctx.state, collectTypes(kinds)),
  });
  const handle = async (request: SandboxRequest): Promise<SandboxReply | undefined> => {
    if (request.listener !== "main") return undefined;
    if (request.path.toLowerCase() === "/metadata/endpoints") {
      const old = request.query.get("api-version") === "2015-01-01";
      return { status: 200, body: (old ? describeCloudOf2015 : describeCloud)(ctx.origin) };
    }
    if (request.path === "/_sandbox/arm/taken-names" && request.method === "POST") {
      const { type, name } = ((await request.json()) ?? {}) as { type?: string; name?: string };
      taken.set(`${type}/${name}`.toLowerCase(), true);
      return { status: 201, body: {} };
    }
    return await route(request);
  };
  return {
    service: { name: "arm", handle },
    rbac: authorization.rbac,
    port: {
      find: (id) => store.find(id),
      list: (type) => store.list(type),
    },
    ensureOwner: (principalId) => authorization.ensureOwner(principalId),
    federatedCredentials: (clientId) => listFederated(store, clientId),
    reopen: () => reopenAll(store, kinds),
  };
}

function isContainer(scope: string): boolean {
  return /^\/subscriptions\/[^/]+$/i.test(scope);
}

function collectKinds(room: ArmRoom): Map<string, ResourceKind> {
  const all = [
    defineRegistry,
    defineWorkspace,
    defineIdentity,
    defineVault,
    defineEnvironment,
    defineJob,
    defineNetwork,
    defineOthers,
  ].flatMap((define) => define(room));
  return new Map(all.map((kind) => [kind.type.toLowerCase(), kind]));
}

function collectTypes(kinds: ReadonlyMap<string, ResourceKind>): Map<string, string[]> {
  const types = new Map<string, string[]>([
    ["Microsoft.Resources", [groupType.split("/")[1] ?? ""]],
  ]);
  for (const { type } of kinds.values()) {
    const [namespace = "", ...rest] = type.split("/");
    types.set(namespace, [...(types.get(namespace) ?? []), rest.join("/")]);
  }
  return types;
}

function listFederated(store: ResourceStore, clientId: string): FederatedCredential[] {
  const identity = store
    .list(identityType)
    .find((one) => String(one.properties["clientId"]).toLowerCase() === clientId.toLowerCase());
  if (identity === undefined) return [];
  return store.list(federatedType, identity.id).map(({ properties }) => ({
    issuer: String(properties["issuer"]),
    subject: String(properties["subject"]),
    audiences: properties["audiences"] as string[],
  }));
}

async function reopenAll(
  store: ResourceStore,
  kinds: ReadonlyMap<string, ResourceKind>,
): Promise<void> {
  for (const kind of kinds.values()) {
    if (kind.reopen === undefined) continue;
    for (const resource of store.list(kind.type)) {
      const changed: ArmResource | undefined = await kind.reopen(resource);
      if (changed !== undefined) store.save(changed);
    }
  }
}
