import {
  SandboxHttpError,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import {
  bundleBody,
  itemBody,
  latestVersion,
  type DeletedSecret,
  type SecretRecord,
  type SecretVersion,
} from "./secret-record.js";
import {
  checkApiVersion,
  checkName,
  pageOf,
  parseSecret,
  parseSettings,
} from "./secret-request.js";
import { authenticateCaller, authorizeSecret, type SecretOperation } from "./vault-access.js";
import { badParameter, deletedSecretNotFound, secretNotFound, vaultError } from "./vault-errors.js";
import type { OpenVault, Vaults } from "./vaults.js";

interface Call {
  readonly request: SandboxRequest;
  readonly vault: OpenVault;
  readonly name: string;
  readonly version: string;
  allow(operation: SecretOperation): void;
}

/** The secrets of Key Vault's data plane: https://learn.microsoft.com/rest/api/keyvault/secrets/ */
export function createSecretsService(ctx: SandboxContext, vaults: Vaults): SandboxService {
  async function handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    const vault = vaults.findByListener(request.listener);
    if (vault === undefined) return undefined;
    const reply = await route(request, vault);
    return {
      ...reply,
      headers: {
        "Cache-Control": "no-cache",
        "x-ms-keyvault-region": vaults.resource(vault)?.location ?? "",
        "x-ms-keyvault-service-version": "1.9.2000.1",
        ...reply.headers,
      },
    };
  }

  async function route(request: SandboxRequest, vault: OpenVault): Promise<SandboxReply> {
    const [collection = "", name = "", version = "", extra] = request.path
      .split("/")
      .slice(1)
      .map((segment) => decodeURIComponent(segment));
    // The vault's address itself is asked by those who wait for the vault to exist.
    if (collection === "")
      throw vaultError(404, "NotFound", "Nothing is served at the vault's root.");
    const principal = authenticateCaller(ctx, request);
    checkApiVersion(request);
    if (name !== "") checkName(name);
    const call: Call = {
      request,
      vault,
      name,
      version,
      allow: (operation) =>
        authorizeSecret(ctx, vaults, vault, principal, operation, name === "" ? undefined : name),
    };
    const kind = name === "" ? "" : version === "versions" ? "/versions" : "/{name}";
    if (extra === undefined || extra === "") {
      switch (`${request.method} ${collection}${kind}`) {
        case "GET secrets":
          return listSecrets(call);
        case "GET secrets/versions":
          return listVersions(call);
        case "GET secrets/{name}":
          return getSecret(call);
        case "PUT secrets/{name}":
          return await setSecret(call);
        case "PATCH secrets/{name}":
          return await updateSecret(call);
        case "DELETE secrets/{name}":
          return deleteSecret(call);
        case "GET deletedsecrets":
          return listDeleted(call);
        case "GET deletedsecrets/{name}":
          call.allow("readDeleted");
          return { status: 200, body: deletedBody(vault, findDeleted(call), true) };
        case "DELETE deletedsecrets/{name}":
          return purgeSecret(call);
        case "POST deletedsecrets/{name}":
          if (version === "recover") return recoverSecret(call);
          break;
        case "GET certificates/{name}":
          // azurerm asks every vault for its certificate contacts.
          if (name === "contacts") {
            throw vaultError(404, "ContactsNotFound", "Contacts not found");
          }
          break;
        default:
          break;
      }
    }
    throw new SandboxHttpError(
      404,
      "NotFound",
      `The sandbox's vaults hold secrets only and do not serve ${request.method} ${request.path}.`,
    );
  }

  function baseUrl(vault: OpenVault): string {
    return `https://${vault.host}`;
  }

  function idOf(vault: OpenVault, record: SecretRecord, version?: SecretVersion): string {
    const id = `${baseUrl(vault)}/secrets/${record.name}`;
    return version === undefined ? id : `${id}/${version.version}`;
  }

  function findSecret(call: Call): SecretRecord {
    const record = vaults.secrets(call.vault).find(call.name);
    if (record === undefined) throw secretNotFound(call.name);
    return record;
  }

  function findVersion(call: Call, record: SecretRecord): SecretVersion {
    if (call.version === "") return latestVersion(record);
    const found = record.versions.find((one) => one.version === call.version.toLowerCase());
    if (found === undefined) throw secretNotFound(`${call.name}/${call.version}`);
    return found;
  }

  function findDeleted(call: Call): DeletedSecret {
    const deleted = vaults.secrets(call.vault).findDeleted(call.name);
    if (deleted === undefined) throw deletedSecretNotFound(call.name);
    return deleted;
  }

  function getSecret(call: Call): SandboxReply {
    call.allow("get");
    const record = findSecret(call);
    const version = findVersion(call, record);
    if (!version.attributes.enabled) {
      throw vaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", {
        innerCode: "SecretDisabled",
      });
    }
    return bundleReply(call.vault, record, version);
  }

  function bundleReply(
    vault: OpenVault,
    record: SecretRecord,
    version: SecretVersion,
  ): SandboxReply {
    const policy = vaults.recoveryPolicy(vault);
    return { status: 200, body: bundleBody(idOf(vault, record, version), version, policy) };
  }

  async function setSecret(call: Call): Promise<SandboxReply> {
    if (call.version !== "") throw badParameter("A version cannot be set by its name.");
    call.allow("set");
    const store = vaults.secrets(call.vault);
    if (store.findDeleted(call.name) !== undefined) {
      throw vaultError(
        409,
        "Conflict",
        `Secret ${call.name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
        { innerCode: "ObjectIsDeletedButRecoverable" },
      );
    }
    const { value, settings } = parseSecret(await call.request.json());
    const version = store.set(call.name, value, settings);
    return bundleReply(call.vault, findSecret(call), version);
  }

  async function updateSecret(call: Call): Promise<SandboxReply> {
    call.allow("update");
    const record = findSecret(call);
    const { version } = findVersion(call, record);
    const settings = parseSettings(await call.request.json());
    const updated = vaults.secrets(call.vault).update(record, version, settings);
    const policy = vaults.recoveryPolicy(call.vault);
    return { status: 200, body: itemBody(idOf(call.vault, record, updated), updated, policy) };
  }

  function deleteSecret(call: Call): SandboxReply {
    call.allow("delete");
    if (call.version !== "") throw badParameter("A version cannot be deleted by itself.");
    const { recoverableDays } = vaults.recoveryPolicy(call.vault);
    const deleted = vaults.secrets(call.vault).delete(findSecret(call), recoverableDays);
    return { status: 200, body: deletedBody(call.vault, deleted, true) };
  }

  function recoverSecret(call: Call): SandboxReply {
    call.allow("recover");
    const record = vaults.secrets(call.vault).recover(findDeleted(call));
    const version = latestVersion(record);
    const policy = vaults.recoveryPolicy(call.vault);
    return { status: 200, body: itemBody(idOf(call.vault, record, version), version, policy) };
  }

  function purgeSecret(call: Call): SandboxReply {
    call.allow("purge");
    const deleted = findDeleted(call);
    if (!vaults.recoveryPolicy(call.vault).recoveryLevel.endsWith("+Purgeable")) {
      throw vaultError(
        403,
        "Forbidden",
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.',
      );
    }
    vaults.secrets(call.vault).purge(deleted);
    return { status: 204 };
  }

  function deletedBody(
    vault: OpenVault,
    deleted: DeletedSecret,
    withVersion: boolean,
  ): Record<string, unknown> {
    const version = latestVersion(deleted);
    const id = idOf(vault, deleted, withVersion ? version : undefined);
    return {
      recoveryId: `${baseUrl(vault)}/deletedsecrets/${deleted.name}`,
      deletedDate: deleted.deletedDate,
      scheduledPurgeDate: deleted.scheduledPurgeDate,
      ...itemBody(id, version, vaults.recoveryPolicy(vault)),
    };
  }

  function listSecrets(call: Call): SandboxReply {
    call.allow("list");
    const policy = vaults.recoveryPolicy(call.vault);
    const all = vaults.secrets(call.vault).list();
    const { items, nextLink } = pageOf(call.request, `${baseUrl(call.vault)}/secrets`, all);
    const value = items.map((record) =>
      itemBody(idOf(call.vault, record), latestVersion(record), policy),
    );
    return { status: 200, body: { value, nextLink } };
  }

  function listVersions(call: Call): SandboxReply {
    call.allow("list");
    const record = findSecret(call);
    const policy = vaults.recoveryPolicy(call.vault);
    const base = `${idOf(call.vault, record)}/versions`;
    const { items, nextLink } = pageOf(call.request, base, record.versions);
    const value = items.map((version) =>
      itemBody(idOf(call.vault, record, version), version, policy),
    );
    return { status: 200, body: { value, nextLink } };
  }

  function listDeleted(call: Call): SandboxReply {
    call.allow("listDeleted");
    const all = vaults.secrets(call.vault).listDeleted();
    const { items, nextLink } = pageOf(call.request, `${baseUrl(call.vault)}/deletedsecrets`, all);
    const value = items.map((deleted) => deletedBody(call.vault, deleted, false));
    return { status: 200, body: { value, nextLink } };
  }

  return { name: "vault", handle };
}
