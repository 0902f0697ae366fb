/** https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  WorkingDir: string;
  Labels: Record<string, string>;
  ExposedPorts: string[];
  Volumes: string[];
  StopSignal: string;
  Shell: string[];
  Healthcheck: string[];
  OnBuild: string[];
}

export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function emptyConfig(): ImageConfig {
  return {
    User: "",
    Env: [],
    Entrypoint: [],
    Cmd: [],
    WorkingDir: "",
    Labels: {},
    ExposedPorts: [],
    Volumes: [],
    StopSignal: "",
    Shell: [],
    Healthcheck: [],
    OnBuild: [],
  };
}

export function copyConfig(config: ImageConfig): ImageConfig {
  return structuredClone(config);
}

export function readEnv(config: ImageConfig): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of config.Env) {
    const at = entry.indexOf("=");
    env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return env;
}

export function setEnv(config: ImageConfig, name: string, value: string): void {
  const at = config.Env.findIndex((entry) => entry.startsWith(`${name}=`));
  if (at < 0) config.Env.push(`${name}=${value}`);
  else config.Env[at] = `${name}=${value}`;
}

/** The JSON of an image's config blob: absent rather than empty, as the builders write it. */
export function configDocument(
  config: ImageConfig,
  details: {
    created: string;
    architecture: string;
    os: string;
    diffIds: readonly string[];
    history: readonly { created: string; created_by: string; empty_layer?: boolean }[];
  },
): Record<string, unknown> {
  const inner: Record<string, unknown> = {
    ...(config.User === "" ? {} : { User: config.User }),
    Env: config.Env,
    ...(config.Entrypoint.length === 0 ? {} : { Entrypoint: config.Entrypoint }),
    ...(config.Cmd.length === 0 ? {} : { Cmd: config.Cmd }),
    ...(config.WorkingDir === "" ? {} : { WorkingDir: config.WorkingDir }),
    ...(Object.keys(config.Labels).length === 0 ? {} : { Labels: config.Labels }),
    ...(config.ExposedPorts.length === 0 ? {} : { ExposedPorts: asSet(config.ExposedPorts) }),
    ...(config.Volumes.length === 0 ? {} : { Volumes: asSet(config.Volumes) }),
    ...(config.StopSignal === "" ? {} : { StopSignal: config.StopSignal }),
    ...(config.Shell.length === 0 ? {} : { Shell: config.Shell }),
    ...(config.Healthcheck.length === 0 ? {} : { Healthcheck: { Test: config.Healthcheck } }),
    ...(config.OnBuild.length === 0 ? {} : { OnBuild: config.OnBuild }),
  };
  return {
    created: details.created,
    architecture: details.architecture,
    os: details.os,
    config: inner,
    rootfs: { type: "layers", diff_ids: details.diffIds },
    history: details.history,
  };
}

/** The reverse of `configDocument`, for images that came by a push. */
export function readConfigDocument(document: unknown): ImageConfig {
  const config = emptyConfig();
  const inner = (document as { config?: Record<string, unknown> } | null)?.config ?? {};
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const keys = (value: unknown) =>
    typeof value === "object" && value !== null ? Object.keys(value) : [];
  config.User = typeof inner["User"] === "string" ? inner["User"] : "";
  config.Env = list(inner["Env"]);
  config.Entrypoint = list(inner["Entrypoint"]);
  config.Cmd = list(inner["Cmd"]);
  config.WorkingDir = typeof inner["WorkingDir"] === "string" ? inner["WorkingDir"] : "";
  config.Labels = (inner["Labels"] as Record<string, string> | undefined) ?? {};
  config.ExposedPorts = keys(inner["ExposedPorts"]);
  config.Volumes = keys(inner["Volumes"]);
  return config;
}

function asSet(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
