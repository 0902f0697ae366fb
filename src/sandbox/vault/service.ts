import type { SandboxContext, SandboxService, VaultPort } from "../ports.js";
import { resolveReference } from "./secret-reference.js";
import { createSecretsService } from "./secrets-service.js";
import { Vaults } from "./vaults.js";

/** Azure Key Vault's data plane: each vault a port of its own, secrets only. */
export function createVaultRoom(
  ctx: SandboxContext,
  _options: { packageRoot: string },
): { services: SandboxService[]; port: VaultPort } {
  const vaults = new Vaults(ctx);
  return {
    services: [createSecretsService(ctx, vaults)],
    port: {
      open: (vault) => vaults.open(vault),
      close: (vaultId) => vaults.close(vaultId),
      resolveReference: (keyVaultUrl, identityId) =>
        resolveReference(ctx, vaults, keyVaultUrl, identityId),
    },
  };
}
