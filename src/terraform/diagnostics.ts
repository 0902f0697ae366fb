import {
  azureLoginFailed,
  azurePermissionMissing,
  globalNameTaken,
  stalePlan,
  stateLocked,
  terraformFailed,
  type StateLock,
  type TerraformDiagnostic,
} from "../errors/catalogue/terraform.js";
import type { RunnerctlError } from "../errors/runnerctl-error.js";
import type { ExistingResource } from "./runner.js";

/*
 * Terraform and its providers report in sentences: neither has error codes in its output. This is
 * the one place that reads them, and only for what changes what the user should do next; all else
 * is passed on word for word.
 */

export interface FailureContext {
  readonly stack: string;
  readonly operation: string;
  readonly directory: string;
  readonly binary: string;
  readonly diagnostics: readonly TerraformDiagnostic[];
  readonly applied: readonly string[];
  readonly exit: string;
  /** Whether a lock's holder is known to be dead. */
  readonly isAbandoned: (lock: StateLock) => boolean;
}

const loginFailures = [
  /AADSTS\d+/,
  /\baz login\b/i,
  /building account/i,
  /unable to build authorizer/i,
  /could not acquire access token/i,
  /ExpiredAuthenticationToken|InvalidAuthenticationToken/,
  /DefaultAzureCredential: failed|failed to obtain a credential/i,
];

/** The error that fits best what Terraform said. */
export function explainFailure(context: FailureContext): RunnerctlError {
  const { stack } = context;
  const errors = context.diagnostics.filter(({ severity }) => severity === "error");
  for (const diagnostic of errors) {
    const text = `${diagnostic.summary}\n${diagnostic.detail}`;
    const lock = parseLockInfo(text);
    if (lock !== undefined) {
      const { directory, binary } = context;
      return stateLocked({ stack, directory, binary, lock, abandoned: context.isAbandoned(lock) });
    }
    if (/saved plan is stale/i.test(text)) return stalePlan(stack);
    const missing = parseMissingPermission(text);
    if (missing !== undefined) {
      return azurePermissionMissing({ stack, address: diagnostic.address, ...missing });
    }
    if (loginFailures.some((pattern) => pattern.test(text))) {
      return azureLoginFailed(stack, diagnostic);
    }
    const taken = parseTakenName(diagnostic.address ?? "", text);
    if (taken !== undefined) return globalNameTaken({ stack, ...taken });
  }
  return terraformFailed(context);
}

/** https://developer.hashicorp.com/terraform/language/state/locking */
export function parseLockInfo(text: string): StateLock | undefined {
  if (!/state lock/i.test(text)) return undefined;
  const read = (field: string) =>
    new RegExp(`^[ \\t]*${field}:[ \\t]*(\\S.*?)[ \\t]*$`, "m").exec(text)?.[1];
  const id = read("ID");
  if (id === undefined) return undefined;
  const fields = {
    path: read("Path"),
    who: read("Who"),
    operation: read("Operation")
      ?.replace(/^OperationType/, "")
      .toLowerCase(),
    created: read("Created"),
    version: read("Version"),
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { id, ...(Object.fromEntries(known) as Partial<Record<keyof typeof fields, string>>) };
}

/** Whether a run failed because somebody holds the state. */
export function isLocked(diagnostics: readonly TerraformDiagnostic[]): boolean {
  return diagnostics.some(
    ({ summary, detail }) => parseLockInfo(`${summary}\n${detail}`) !== undefined,
  );
}

/** Reads Azure's AuthorizationFailed, which names who lacks what and where. */
function parseMissingPermission(
  text: string,
): { principal: string | undefined; action: string; scope: string } | undefined {
  if (!/AuthorizationFailed|does not have authorization to perform action/.test(text)) {
    return undefined;
  }
  const flat = text.replaceAll(/\s+/g, " ");
  const action = /perform action '([^']+)'/.exec(flat)?.[1];
  const scope = /over scope '([^']+)'/.exec(flat)?.[1];
  if (action === undefined || scope === undefined) return undefined;
  return { action, scope, principal: /object id '([^']+)'/.exec(flat)?.[1] };
}

function parseTakenName(
  address: string,
  text: string,
): { kind: "registry" | "key vault"; name: string } | undefined {
  const flat = text.replaceAll(/\s+/g, " ");
  const kind = address.startsWith("azurerm_container_registry.")
    ? "registry"
    : address.startsWith("azurerm_key_vault.")
      ? "key vault"
      : undefined;
  if (kind === undefined) return undefined;
  const taken =
    /AlreadyInUse|VaultAlreadyExists|NameUnavailable|already in use|is not available|already exists in/i;
  // A resource of our own subscription that the state lacks is another matter: see below.
  if (!taken.test(flat) || existingPattern.test(flat)) return undefined;
  const name =
    /(?:name|vault|registry)[^"']{0,20}["']([A-Za-z0-9-]{3,50})["']/i.exec(flat)?.[1] ??
    /\b([a-z0-9-]+)\.azurecr\.\w+/i.exec(flat)?.[1];
  return { kind, name: name ?? address };
}

const existingPattern = /resource with the ID ["']([^"']+)["'] already exists/i;

/** Resources whose creation failed because they are there already, with the ids to import. */
export function findExistingResources(
  diagnostics: readonly TerraformDiagnostic[],
): readonly ExistingResource[] {
  return diagnostics.flatMap(({ severity, address, summary, detail }) => {
    if (severity !== "error" || address === undefined) return [];
    const id = existingPattern.exec(`${summary} ${detail}`.replaceAll(/\s+/g, " "))?.[1];
    return id === undefined ? [] : [{ address, id }];
  });
}

const refusedIdentity =
  /managed identity|unable to pull image|UNAUTHORIZED|FailedToFetchSecret|Unable to get value using/i;

/**
 * Whether every error is of the kind that passes once role assignments have spread: the platform
 * could not yet use an identity to pull the image or to read the secret.
 */
export function isAwaitingPermissions(diagnostics: readonly TerraformDiagnostic[]): boolean {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return (
    errors.length > 0 &&
    errors.every(({ address, summary, detail }) => {
      const text = `${summary} ${detail}`;
      return (
        address?.startsWith("azurerm_container_app_job.") === true &&
        refusedIdentity.test(text) &&
        // Waiting does not bring about what does not exist.
        !/MANIFEST_UNKNOWN|NAME_UNKNOWN|SecretNotFound|manifest unknown/i.test(text)
      );
    })
  );
}

/** Reads the errors out of the boxes that commands without `-json` print. */
export function parseTextDiagnostics(stderr: string): TerraformDiagnostic[] {
  const text = stderr
    .split("\n")
    .map((line) => line.replace(/^\s*[╷│╵]\s?/, ""))
    .join("\n");
  return text
    .split(/^(?=(?:Error|Warning): )/m)
    .filter((block) => /^(Error|Warning): /.test(block))
    .map((block) => {
      const [first = "", ...rest] = block.trim().split("\n");
      return {
        severity: first.startsWith("Warning") ? ("warning" as const) : ("error" as const),
        summary: first.replace(/^\w+: /, ""),
        detail: rest.join("\n").trim(),
      };
    });
}
