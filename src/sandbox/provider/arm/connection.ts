import { DiagnosticError } from "../engine/diagnostics.js";
import type { Reader } from "../engine/reader.js";
import type { HttpClient } from "../http/client.js";
import { asJson, asText, asTexts } from "../http/json.js";

/** Where the cloud is and who is asking. */
export interface ArmConnection {
  /** Without a trailing slash, as all addresses here. */
  readonly resourceManager: string;
  readonly audience: string;
  readonly authority: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The provider block first, then the environment, as the real azurerm and azapi do it. */
export async function openArmConnection(
  settings: Reader,
  http: HttpClient,
): Promise<ArmConnection> {
  const pick = (name: string): string | undefined =>
    settings.text(name) ?? environment(`ARM_${name.toUpperCase()}`);
  const need = (name: string): string => {
    const value = pick(name);
    if (value === undefined) {
      throw new DiagnosticError(
        `\`${name}\` is a required provider property when performing a plan/apply operation`,
        { detail: `Set it in the provider block or as ARM_${name.toUpperCase()}.` },
      );
    }
    return value;
  };
  const identity = {
    subscriptionId: need("subscription_id"),
    tenantId: need("tenant_id"),
    clientId: need("client_id"),
    clientSecret: need("client_secret"),
  };
  return { ...identity, ...(await findEndpoints(settings, http)) };
}

async function findEndpoints(
  settings: Reader,
  http: HttpClient,
): Promise<Pick<ArmConnection, "resourceManager" | "audience" | "authority">> {
  const endpoint = settings.block("endpoint");
  const manager =
    endpoint?.text("resource_manager_endpoint") ?? environment("ARM_RESOURCE_MANAGER_ENDPOINT");
  const authority =
    endpoint?.text("active_directory_authority_host") ??
    environment("ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST");
  const audience =
    endpoint?.text("resource_manager_audience") ?? environment("ARM_RESOURCE_MANAGER_AUDIENCE");
  const host = settings.text("metadata_host") ?? environment("ARM_METADATA_HOSTNAME");
  if (host === undefined) {
    if (manager === undefined || authority === undefined) {
      throw new DiagnosticError("no cloud to talk to: ARM_METADATA_HOSTNAME is not set", {
        detail:
          "This is the sandbox's stand-in for the provider. `runnerctl sandbox up` prints the " +
          "variables that point a shell at a sandbox.",
      });
    }
    return {
      resourceManager: trimSlash(manager),
      authority: trimSlash(authority),
      audience: trimSlash(audience ?? manager),
    };
  }
  const reply = await http.send({
    method: "GET",
    url: `https://${host}/metadata/endpoints?api-version=2022-09-01`,
  });
  if (reply.status !== 200) {
    throw new DiagnosticError(`retrieving environments from ${host}: status ${reply.status}`);
  }
  const metadata = asJson(JSON.parse(reply.text));
  const authentication = asJson(metadata["authentication"]);
  const found = asText(metadata["resourceManager"]) ?? `https://${host}`;
  return {
    resourceManager: trimSlash(found),
    authority: trimSlash(asText(authentication["loginEndpoint"]) ?? `https://${host}`),
    audience: trimSlash(asTexts(authentication["audiences"])[0] ?? found),
  };
}

function environment(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}

function trimSlash(address: string): string {
  return address.replace(/\/+$/, "");
}
