import { join } from "node:path";

import type { AzureConnection } from "./azure/connection.js";
import type { Environment } from "./config/env.js";
import type { LoadedConfig } from "./config/load.js";
import type { ResolvedConfig } from "./config/types.js";
import type { ResourceNames } from "./domain/resource-names.js";
import type { Emit } from "./output/events.js";
import type { Prompter } from "./output/prompt.js";
import type { Runtime } from "./runtime.js";
import type { Shell } from "./shell.js";
import type { TerraformRunner } from "./terraform/runner.js";

/**
 * What a command may reach, each thing made when it is first asked for: a verb that needs no cloud
 * loads no SDK and asks for no credential.
 */
export interface Context {
  readonly runtime: Runtime;
  readonly shell: Shell;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly options: Readonly<Record<string, unknown>>;
  /** The command as typed so far, for hints: `runnerctl deploy`. */
  readonly commandLine: string;
  /** The process's environment; with --sandbox, pointed at the sandbox. */
  environment(): Promise<Environment>;
  /** The configuration file, defaults and environment applied. Its warnings are shown once. */
  loaded(): Promise<LoadedConfig>;
  /** The same with its subscription known. */
  config(): Promise<ResolvedConfig>;
  names(): Promise<ResourceNames>;
  /** Folder for what runnerctl writes beside the configuration file. */
  workDirectory(): Promise<string>;
  azure(): Promise<AzureConnection>;
  terraform(): Promise<TerraformRunner>;
  /** PEM text of the extra certificate authorities, if any. */
  certificateAuthorities(): Promise<string | undefined>;
  sandboxDirectory(): string;
  /** Undefined where there is no terminal to ask on. */
  readonly prompter: Prompter | undefined;
  close(): Promise<void>;
}

export interface ContextParts {
  readonly runtime: Runtime;
  readonly shell: Shell;
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  readonly options: Readonly<Record<string, unknown>>;
  readonly commandLine: string;
}

/** Makes a value once, also when asked for it by several at the same time. */
function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

export function createContext(parts: ContextParts): Context {
  const { runtime, shell, options } = parts;
  const emit = shell.reporter.emit;
  const closers: (() => Promise<void>)[] = [];
  const usesSandbox = options["sandbox"] === true;

  const sandboxDirectory = (): string => {
    const chosen = runtime.env["RUNNERCTL_SANDBOX_DIR"];
    if (chosen !== undefined && chosen !== "") return chosen;
    // https://specifications.freedesktop.org/basedir-spec/latest/
    const base =
      runtime.env["XDG_STATE_HOME"] || join(runtime.env["HOME"] ?? runtime.cwd, ".local", "state");
    return join(base, "runnerctl", "sandbox");
  };

  const environment = lazy(async () => {
    const { overlay, readEnvironment } = await import("./config/env.js");
    const own = readEnvironment(runtime.env);
    if (!usesSandbox) return own;
    const { openSandbox } = await import("./sandbox/open.js");
    const sandbox = await openSandbox({
      directory: sandboxDirectory(),
      packageRoot: runtime.packageRoot,
    });
    closers.push(() => sandbox.close());
    if (sandbox.started) {
      emit({
        name: "sandbox.started",
        level: "debug",
        message: `Started a sandbox for this command in ${sandboxDirectory()}`,
      });
    }
    return overlay(own, sandbox.environment);
  });

  const loaded = lazy(async () => {
    const [{ loadConfig }, { applyEnvironment }] = await Promise.all([
      import("./config/load.js"),
      import("./config/env.js"),
    ]);
    const env = await environment();
    const given = options["config"];
    const result = await loadConfig({
      cwd: runtime.cwd,
      path: typeof given === "string" ? given : env.configPath,
    });
    for (const warning of result.warnings) {
      emit({
        name: "config.warning",
        level: "warn",
        message: [`${warning.where}  ${warning.what}`, warning.fix].filter(Boolean).join(" → "),
        data: { ...warning },
      });
    }
    return { ...result, config: applyEnvironment(result.config, env) };
  });

  const subscription = lazy(async () => {
    const [{ resolveSubscription }, env, { config }] = await Promise.all([
      import("./azure/subscription.js"),
      environment(),
      loaded(),
    ]);
    return resolveSubscription({
      configured: config.subscription,
      cliConfigDir: env.raw["AZURE_CONFIG_DIR"] ?? join(env.home ?? runtime.cwd, ".azure"),
    });
  });

  const config = lazy(async (): Promise<ResolvedConfig> => {
    const [{ config: file, directory }, { subscriptionId }] = await Promise.all([
      loaded(),
      subscription(),
    ]);
    const resolved = { ...file, subscription: subscriptionId };
    if (!usesSandbox) return resolved;
    // What is tried in the sandbox must never meet the state of what is real.
    return {
      ...resolved,
      state: { backend: "local", path: join(directory, ".runnerctl", "sandbox-work", "state") },
    };
  });

  const names = lazy(async () => {
    const [{ deriveResourceNames }, resolved] = await Promise.all([
      import("./domain/resource-names.js"),
      config(),
    ]);
    return deriveResourceNames(resolved.subscription, resolved.name);
  });

  const workDirectory = lazy(async () => {
    const { directory } = await loaded();
    const own = join(directory, ".runnerctl");
    const { mkdir, writeFile } = await import("node:fs/promises");
    await mkdir(own, { recursive: true });
    // State and plans hold what Terraform knows, keys of workspaces among it: not for a repository.
    await writeFile(join(own, ".gitignore"), "*\n", { flag: "wx" }).catch(() => undefined);
    return usesSandbox ? join(own, "sandbox-work") : own;
  });

  const certificateAuthorities = lazy(async () => {
    const { readCertificateAuthorities } = await import("./config/certificates.js");
    const { caFiles } = await environment();
    // Node itself trusts the file of NODE_EXTRA_CA_CERTS; naming it alone again would only cost time.
    const own = caFiles.some((file) => file !== runtime.env["NODE_EXTRA_CA_CERTS"]);
    return own ? readCertificateAuthorities(caFiles) : undefined;
  });

  const azure = lazy(async () => {
    const { openAzure } = await import("./open-azure.js");
    const [env, { subscriptionId, tenantId }, ca] = await Promise.all([
      environment(),
      subscription(),
      certificateAuthorities(),
    ]);
    return openAzure({
      env,
      subscriptionId,
      tenantId,
      ca,
      version: runtime.version,
      emit,
      signal: parts.signal,
      registerSecret: shell.redactor.register,
    });
  });

  const terraform = lazy(async () => {
    const [{ findTerraform }, { createTerraformRunner }, env, directory] = await Promise.all([
      import("./terraform/binary.js"),
      import("./terraform/run.js"),
      environment(),
      workDirectory(),
    ]);
    return createTerraformRunner({
      binary: await findTerraform(env.raw),
      env: env.raw,
      workDirectory: join(directory, "plans"),
      emit,
      signal: parts.signal,
      forceSignal: parts.forceSignal,
    });
  });

  return {
    runtime,
    shell,
    emit,
    signal: parts.signal,
    options,
    commandLine: parts.commandLine,
    environment,
    loaded,
    config,
    names,
    workDirectory,
    azure,
    terraform,
    certificateAuthorities,
    sandboxDirectory,
    prompter: createTerminalPrompter(parts),
    close: async () => {
      for (const closer of closers.reverse()) await closer();
    },
  };
}

/** People are asked only on a terminal, and never where the answer would end up in `--json`. */
function createTerminalPrompter({ runtime, shell }: ContextParts): Prompter | undefined {
  if (runtime.stdin.isTTY !== true || shell.mode !== "human") return undefined;
  const load = lazy(async () => {
    const { createPrompter } = await import("./output/prompt.js");
    return createPrompter({ input: runtime.stdin, output: runtime.stderr });
  });
  const ask = <T>(question: (prompter: Prompter) => Promise<T>): Promise<T> =>
    shell.reporter.suspend(async () => question(await load()));
  return {
    confirm: (message) => ask((prompter) => prompter.confirm(message)),
    password: (message) => ask((prompter) => prompter.password(message)),
    text: (question) => ask((prompter) => prompter.text(question)),
    select: (question) => ask((prompter) => prompter.select(question)),
  };
}
