/** The configuration after parsing: defaults applied, durations in seconds, everything present. */

export interface GithubAppAuth {
  readonly type: "app";
  readonly appId: string;
  readonly installationId: number;
  /** Name of the Key Vault secret holding the private key. */
  readonly secret: string;
}

export interface GithubPatAuth {
  readonly type: "pat";
  /** Name of the Key Vault secret holding the token. */
  readonly secret: string;
}

export type GithubScope = "repository" | "organization" | "enterprise";

export interface GithubConfig {
  /** Web address without a trailing slash: `https://github.com`. */
  readonly url: string;
  /** REST base without a trailing slash: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly apiUrl: string;
  readonly owner: string;
  readonly repositories: readonly string[];
  readonly scope: GithubScope;
  readonly auth: GithubAppAuth | GithubPatAuth;
  readonly runnerGroup: string;
}

export type ImagePreset = "minimal" | "standard" | "azure";

export interface ImageConfig {
  readonly repository: string;
  /** Absolute folder, or undefined for the image that comes with runnerctl. */
  readonly context: string | undefined;
  readonly dockerfile: string;
  readonly base: string | undefined;
  readonly preset: ImagePreset;
  readonly packages: readonly string[];
  /** Absolute path of the script that the build runs as root. */
  readonly setup: string | undefined;
  /** Absolute paths of CA certificates. */
  readonly certificates: readonly string[];
  readonly runnerVersion: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Cron expression of the rebuilds, or undefined for none. */
  readonly schedule: string | undefined;
  readonly baseImageTrigger: boolean;
  readonly keep: number;
  readonly pin: "current" | "digest";
}

export type StateConfig =
  /** `path` is absolute. */
  | { readonly backend: "local"; readonly path: string }
  | {
      readonly backend: "azurerm";
      readonly resourceGroup: string;
      readonly storageAccount: string;
      readonly container: string;
      readonly key: string;
      readonly subscription: string | undefined;
    };

export type TriggerConfig =
  | { readonly type: "manual" }
  | { readonly type: "queue"; readonly pollingIntervalSeconds: number }
  | { readonly type: "schedule"; readonly cron: string };

export interface PoolConfig {
  readonly name: string;
  /** As written, without the default labels. */
  readonly labels: readonly string[];
  readonly noDefaultLabels: boolean;
  readonly cpu: number;
  /** Gibibytes. */
  readonly memoryGi: number;
  readonly trigger: TriggerConfig;
  readonly limits: { readonly min: number; readonly max: number };
  readonly timeoutSeconds: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunnerctlConfig {
  readonly name: string;
  readonly location: string;
  /** Undefined until resolved from the environment or the Azure CLI; see context.ts. */
  readonly subscription: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly github: GithubConfig;
  readonly image: ImageConfig;
  readonly state: StateConfig;
  readonly pools: readonly PoolConfig[];
}

/** A configuration whose subscription is known: what stacks and operations take. */
export type ResolvedConfig = RunnerctlConfig & { readonly subscription: string };
