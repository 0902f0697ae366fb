import { join } from "node:path";
import type { EnginePort, SandboxContext, SandboxService } from "../ports.js";
import { ExecutionEngine } from "./engine.js";
import { IdentityEndpoint } from "./identity-endpoint.js";
import type { Isolation } from "./isolation/container-launch.js";
import { ListenerService } from "./listener-service.js";

export interface RunnerRoomOptions {
  /** The folder of runnerctl's package.json. */
  readonly packageRoot: string;
  /** The bundled stand-in for the runner application; by default the package's own. */
  readonly listenerProgram?: string;
  /** By default the strongest that the machine allows. */
  readonly isolation?: Isolation;
}

/** The room that runs jobs: the engine, the identity endpoint and the runners' service. */
export function createRunnerRoom(
  context: SandboxContext,
  options: RunnerRoomOptions,
): { services: SandboxService[]; port: EnginePort } {
  const identity = new IdentityEndpoint(context);
  const engine = new ExecutionEngine(context, identity, {
    listenerProgram:
      options.listenerProgram ?? join(options.packageRoot, "dist/sandbox-listener.js"),
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
  });
  const engineService: SandboxService = {
    name: "engine",
    handle: () => Promise.resolve(undefined),
    close: () => engine.close(),
  };
  return { services: [engineService, identity, new ListenerService(context)], port: engine };
}
