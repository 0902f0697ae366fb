/** An address below Resource Manager, taken apart; every part is as the client spelled it. */
export interface ArmPath {
  /** What comes before the last `/providers/`: empty for the tenant, else a full id. */
  readonly scope: string;
  readonly subscription?: string;
  readonly resourceGroup?: string;
  /** Absent where there is no `/providers/NAMESPACE`. */
  readonly namespace?: string;
  /** What follows the namespace: type, name, type, name …, and perhaps a collection or an action. */
  readonly segments: readonly string[];
}

export function parseArmPath(path: string): ArmPath {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodePart);
  const lower = parts.map((part) => part.toLowerCase());
  const provider = lower.lastIndexOf("providers");
  const hasProvider = provider >= 0 && provider + 1 < parts.length;
  const scopeParts = hasProvider ? parts.slice(0, provider) : parts;
  const subscription = lower[0] === "subscriptions" ? parts[1] : undefined;
  const resourceGroup = lower[2] === "resourcegroups" ? parts[3] : undefined;
  const namespace = hasProvider ? parts[provider + 1] : undefined;
  return {
    scope: scopeParts.length === 0 ? "" : `/${scopeParts.join("/")}`,
    ...(subscription === undefined ? {} : { subscription }),
    ...(resourceGroup === undefined ? {} : { resourceGroup }),
    ...(namespace === undefined ? {} : { namespace }),
    segments: hasProvider ? parts.slice(provider + 2) : [],
  };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `[jobs, a, executions, b]` of `Microsoft.App` is of type `Microsoft.App/jobs/executions`. */
export function typeOf(namespace: string, segments: readonly string[]): string {
  return [namespace, ...segments.filter((_, index) => index % 2 === 0)].join("/");
}

export function keyOf(id: string): string {
  return id.toLowerCase().replace(/\/+$/, "");
}

/** The id of the thing that a child resource hangs on. */
export function parentOf(id: string): string {
  return id.split("/").slice(0, -2).join("/");
}

/** The id of the resource group that holds a resource. */
export function groupOf(id: string): string {
  return id.split("/").slice(0, 5).join("/");
}
