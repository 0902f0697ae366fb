import type { ArmResource, Collection, SandboxContext } from "../ports.js";
import type { RecoveryPolicy } from "./secret-record.js";
import { SecretStore } from "./secret-store.js";

export interface OpenVault {
  readonly id: string;
  /** Lower case. */
  readonly name: string;
  /** `localhost:PORT` */
  readonly host: string;
}

/** The vaults whose data plane is open; the record survives a restart. */
export class Vaults {
  private records: Collection<OpenVault> | undefined;

  constructor(private readonly ctx: SandboxContext) {}

  async open(vault: ArmResource): Promise<string> {
    const name = vault.name.toLowerCase();
    const host = await this.ctx.listen(`vault:${name}`);
    this.collection().set(name, { id: vault.id, name, host });
    return `https://${host}/`;
  }

  async close(vaultId: string): Promise<void> {
    const wanted = vaultId.toLowerCase();
    const vault = this.all().find((one) => one.id.toLowerCase() === wanted);
    if (vault === undefined) return;
    this.secrets(vault).clear();
    this.collection().delete(vault.name);
    await this.ctx.unlisten(`vault:${vault.name}`);
  }

  findByListener(listener: string): OpenVault | undefined {
    const name = listener.startsWith("vault:") ? listener.slice("vault:".length) : undefined;
    return name === undefined ? undefined : this.collection().get(name);
  }

  findByHost(host: string): OpenVault | undefined {
    return this.all().find((vault) => vault.host === host.toLowerCase());
  }

  secrets(vault: OpenVault): SecretStore {
    return new SecretStore(this.ctx.state, this.ctx.clock, vault.name);
  }

  resource(vault: OpenVault): ArmResource | undefined {
    return this.ctx.arm.find(vault.id);
  }

  /** https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#deletionrecoverylevel */
  recoveryPolicy(vault: OpenVault): RecoveryPolicy {
    const properties = this.resource(vault)?.properties ?? {};
    const days = properties["softDeleteRetentionInDays"];
    const recoverableDays = typeof days === "number" ? days : 90;
    const kind = recoverableDays < 90 ? "CustomizedRecoverable" : "Recoverable";
    const isProtected = properties["enablePurgeProtection"] === true;
    return { recoveryLevel: isProtected ? kind : `${kind}+Purgeable`, recoverableDays };
  }

  private all(): OpenVault[] {
    return this.collection()
      .entries()
      .map(([, vault]) => vault);
  }

  private collection(): Collection<OpenVault> {
    this.records ??= this.ctx.state.collection<OpenVault>("vaults");
    return this.records;
  }
}
