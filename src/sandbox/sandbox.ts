import type { AccessLog } from "./access-log.js";
import { createArmService } from "./arm/service.js";
import { Directory } from "./entra/directory.js";
import { createGraphService } from "./entra/graph.js";
import { createEntraService } from "./entra/service.js";
import { TokenIssuer } from "./entra/tokens.js";
import type { SandboxIdentity } from "./identity.js";
import type { Clock, SandboxContext, SandboxService, StateStore } from "./ports.js";
import { createRooms, type Rooms } from "./rooms.js";

export interface CompositionOptions {
  readonly identity: SandboxIdentity;
  readonly packageRoot: string;
  /** How long Resource Manager's asynchronous operations take, in the sandbox's time. */
  readonly asyncSeconds: number;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly origin: string;
  readonly httpOrigin: string;
  readonly storageOrigin?: string | undefined;
  readonly ca: SandboxContext["ca"];
  readonly log: AccessLog;
  readonly listen: SandboxContext["listen"];
  readonly unlisten: SandboxContext["unlisten"];
}

export interface Composition {
  /** In the order in which they are asked. */
  readonly services: readonly SandboxService[];
  createPrincipal(displayName: string): unknown;
  /** Ends processes, timers and streams of every room. */
  close(): Promise<void>;
}

/** Puts the rooms together; the ports are getters, so that rooms may know one another in any order. */
export async function composeSandbox(options: CompositionOptions): Promise<Composition> {
  const { state, clock, identity, log } = options;
  const closing = new AbortController();
  const building: { rooms?: Rooms } = {};
  const built = (): Rooms => {
    if (building.rooms !== undefined) return building.rooms;
    throw new Error("A room used another's port before all rooms were built.");
  };

  const directory = new Directory(state.collection("entra.principals"), (appId) =>
    arm.federatedCredentials(appId),
  );
  const entra = createEntraService({
    tenantId: identity.tenantId,
    origin: options.origin,
    clock,
    ca: options.ca.pem,
    directory,
    tokens: new TokenIssuer(state.collection("entra.keys"), clock),
    noteCaller: (request, objectId) => log.noteCaller(request, objectId),
  });
  const graph = createGraphService({
    tenantId: identity.tenantId,
    entra: () => entra.port,
    directory,
    isManagedIdentity: (objectId) =>
      arm.port
        .list("Microsoft.ManagedIdentity/userAssignedIdentities")
        .some((one) => one.properties["principalId"] === objectId),
  });
  const ctx: SandboxContext = {
    state,
    clock,
    origin: options.origin,
    httpOrigin: options.httpOrigin,
    storageOrigin: options.storageOrigin,
    subscriptionId: identity.subscriptionId,
    ca: options.ca,
    signal: closing.signal,
    listen: options.listen,
    unlisten: options.unlisten,
    entra: entra.port,
    get rbac() {
      return arm.rbac;
    },
    get arm() {
      return arm.port;
    },
    get vault() {
      return built().vault.port;
    },
    get registry() {
      return built().registry.port;
    },
    get logs() {
      return built().logs.port;
    },
    get engine() {
      return built().runner.port;
    },
    get github() {
      return built().github.port;
    },
  };
  const arm = createArmService(ctx, {
    principals: {
      register: (principal) => directory.register(principal),
      forget: (objectId) => directory.forget(objectId),
      has: (objectId) => directory.findByObjectId(objectId) !== undefined,
    },
    tenantId: identity.tenantId,
    asyncSeconds: options.asyncSeconds,
  });
  directory.register({
    objectId: identity.objectId,
    appId: identity.clientId,
    displayName: "sandbox first principal",
  });
  directory.addSecret(identity.clientId, identity.clientSecret);
  arm.ensureOwner(identity.objectId);

  const rooms = createRooms(ctx, { packageRoot: options.packageRoot });
  building.rooms = rooms;
  await arm.reopen();
  const services = [
    entra.service,
    graph,
    ...rooms.vault.services,
    ...rooms.registry.services,
    ...rooms.logs.services,
    ...rooms.runner.services,
    arm.service,
    ...rooms.github.services,
  ];
  return {
    services,
    createPrincipal: (displayName) => {
      const made = directory.create(displayName);
      return { clientId: made.appId, clientSecret: made.secret, objectId: made.objectId };
    },
    close: async () => {
      closing.abort(new Error("The sandbox is closing."));
      await Promise.allSettled(services.map((service) => service.close?.()));
    },
  };
}
