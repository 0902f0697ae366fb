import { createGithubRoom } from "./github/service.js";
import { createLogsRoom } from "./logs/service.js";
import type { SandboxContext, SandboxService } from "./ports.js";
import { createRegistryRoom } from "./registry/service.js";
import { createRunnerRoom } from "./runner/service.js";
import { createVaultRoom } from "./vault/service.js";

/** A service of the sandbox with its data planes, and what it offers the others. */
export interface Room<Port> {
  readonly services: readonly SandboxService[];
  readonly port: Port;
}

export interface Rooms {
  readonly registry: Room<SandboxContext["registry"]>;
  readonly vault: Room<SandboxContext["vault"]>;
  readonly logs: Room<SandboxContext["logs"]>;
  readonly github: Room<SandboxContext["github"]>;
  readonly runner: Room<SandboxContext["engine"]>;
}

/** Builds every room; none may use another's port before all are built. */
export function createRooms(ctx: SandboxContext, options: { readonly packageRoot: string }): Rooms {
  return {
    registry: createRegistryRoom(ctx, options),
    vault: createVaultRoom(ctx, options),
    logs: createLogsRoom(ctx, options),
    github: createGithubRoom(ctx, options),
    runner: createRunnerRoom(ctx, options),
  };
}
