import type { SandboxReply, SandboxRequest, SandboxService } from "../ports.js";
import { handleAcr } from "./acr-api.js";
import { handleDistribution } from "./distribution-api.js";
import type { Registries } from "./registries.js";
import { registryError } from "./registry-errors.js";
import type { RegistryTokens } from "./registry-tokens.js";

/** What a registry serves at its login server. */
export function createDataPlaneService(
  registries: Registries,
  tokens: RegistryTokens,
): SandboxService {
  const uploads = new Map<string, Buffer>();

  async function handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    const registry = registries.findByListener(request.listener);
    if (registry === undefined) return undefined;
    const deps = {
      images: registries.images(registry.name),
      request,
      uploads,
      loginServer: registry.loginServer,
      authorize: tokens.authorize.bind(tokens, request, registry),
    };
    if (request.path === "/oauth2/exchange" && request.method === "POST") {
      return await tokens.exchange(request, registry);
    }
    if (request.path === "/oauth2/token") return await tokens.token(request, registry);
    if (/^\/v2(\/|$)/.test(request.path)) return await handleDistribution(deps);
    if (request.path.startsWith("/acr/v1/")) return await handleAcr(deps);
    throw registryError(404, "UNSUPPORTED", `The registry serves nothing at ${request.path}.`);
  }

  return { name: "registry", handle };
}
