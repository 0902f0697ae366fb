import type { RegistryPort, SandboxContext, SandboxService } from "../ports.js";
import { createBlobService } from "./blob-service.js";
import { BlobStore } from "./blob-store.js";
import { createDataPlaneService } from "./data-plane-service.js";
import { pullImage } from "./image-pull.js";
import { Registries } from "./registries.js";
import { RegistryTokens } from "./registry-tokens.js";
import { openSigningKey } from "./signing-key.js";
import { TaskRunner } from "./task-runner.js";
import { TaskTriggers } from "./task-triggers.js";
import { createTasksService } from "./tasks-service.js";

/** Azure Container Registry: ACR Tasks behind ARM, the blobs they lend, and each registry's own API. */
export function createRegistryRoom(
  ctx: SandboxContext,
  _options: { packageRoot: string },
): { services: SandboxService[]; port: RegistryPort } {
  const registries = new Registries(ctx);
  const blobs = new BlobStore(ctx.state, ctx.clock);
  const accountKey = openSigningKey(ctx.state, "storage");
  const runner = new TaskRunner(ctx, registries, blobs);
  const triggers = new TaskTriggers(ctx, registries, runner);
  const tokens = new RegistryTokens(ctx, openSigningKey(ctx.state, "registry"));
  return {
    services: [
      createTasksService(ctx, registries, runner, accountKey, () => triggers.close()),
      createBlobService(ctx, blobs, accountKey),
      createDataPlaneService(registries, tokens),
    ],
    port: {
      open: (registry) => registries.open(registry),
      close: async (registryId) => {
        const registry = registries.findById(registryId);
        if (registry === undefined) return;
        await runner.forget(registry);
        await registries.close(registryId);
      },
      pull: (image, identityId) => pullImage(ctx, registries, image, identityId),
    },
  };
}
