import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * `terraform init` takes seconds and asks registries; it is needed once for a set of providers, a
 * backend and a binary.
 */

const stampName = "runnerctl-init";

interface StackTerraformBlock {
  readonly backend?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required_providers?: Readonly<
    Record<string, { readonly source?: string; readonly version?: string }>
  >;
}

export interface Initialization {
  readonly needed: boolean;
  /** The stack had another backend before, whose state may have to be moved. */
  readonly previousBackend: string | undefined;
  /** Remembers that the stack is initialized as it is now. */
  readonly remember: () => void;
}

/** Compares what a stack needs with what its directory was last initialized for. */
export function checkInitialization(directory: string, binary: string): Initialization {
  const block = readTerraformBlock(directory);
  const dataDirectory = join(directory, ".terraform");
  const stamp = join(dataDirectory, stampName);
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([binary, block]))
    .digest("hex");
  const known = existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;
  return {
    needed: known !== fingerprint || !areProvidersPresent(dataDirectory, block),
    previousBackend: findAbandonedBackend(dataDirectory, block),
    remember: () => {
      if (existsSync(dataDirectory)) writeFileSync(stamp, fingerprint);
    },
  };
}

function readTerraformBlock(directory: string): StackTerraformBlock {
  const stack = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as {
    terraform?: StackTerraformBlock;
  };
  const { backend, required_providers } = stack.terraform ?? {};
  return {
    ...(backend === undefined ? {} : { backend }),
    ...(required_providers === undefined ? {} : { required_providers }),
  };
}

/**
 * `.terraform/providers/HOST/NAMESPACE/NAME/VERSION/OS_ARCH`; with a mirror the last is a link,
 * and the mirror may be gone.
 */
function areProvidersPresent(dataDirectory: string, block: StackTerraformBlock): boolean {
  const root = join(dataDirectory, "providers");
  const hosts = listDirectory(root);
  return Object.values(block.required_providers ?? {}).every(({ source = "", version = "" }) => {
    const path = source.includes("/") ? source.split("/").slice(-2) : ["hashicorp", source];
    return hosts.some((host) => {
      const versionDirectory = join(root, host, ...path, version);
      return listDirectory(versionDirectory).some((platform) =>
        existsSync(join(versionDirectory, platform)),
      );
    });
  });
}

function listDirectory(path: string): string[] {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : [];
  } catch {
    return [];
  }
}

/**
 * Terraform remembers the backend of the last init. A local state that is now looked for elsewhere
 * because the whole folder was moved needs nothing; any other change would silently begin with an
 * empty state.
 */
function findAbandonedBackend(
  dataDirectory: string,
  block: StackTerraformBlock,
): string | undefined {
  const previous = readPreviousBackend(dataDirectory);
  if (previous === undefined) return undefined;
  const [type, config] = Object.entries(block.backend ?? {})[0] ?? ["local", {}];
  const oldPath = previous.config["path"];
  if (previous.type === "local") {
    const moved = typeof oldPath !== "string" || !existsSync(oldPath);
    return moved || (type === "local" && config["path"] === oldPath) ? undefined : oldPath;
  }
  const same =
    type === previous.type &&
    Object.entries(config).every(([key, value]) => previous.config[key] === value);
  return same ? undefined : `${previous.type} ${String(previous.config["key"] ?? "")}`.trim();
}

function readPreviousBackend(
  dataDirectory: string,
): { type: string; config: Readonly<Record<string, unknown>> } | undefined {
  try {
    const { backend } = JSON.parse(
      readFileSync(join(dataDirectory, "terraform.tfstate"), "utf8"),
    ) as { backend?: { type?: string; config?: Record<string, unknown> } };
    return backend?.type === undefined
      ? undefined
      : { type: backend.type, config: backend.config ?? {} };
  } catch {
    return undefined;
  }
}
