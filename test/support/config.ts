import type { PoolConfig, ResolvedConfig } from "../../src/config/types.js";

export const subscription = "11111111-2222-3333-4444-555555555555";

export const defaultPool: PoolConfig = {
  name: "default",
  labels: ["default"],
  noDefaultLabels: false,
  cpu: 2,
  memoryGi: 4,
  trigger: { type: "manual" },
  limits: { min: 0, max: 10 },
  timeoutSeconds: 21_600,
  env: {},
};

/** A whole configuration with every default, but for an image pinned and without a rebuild. */
export function makeConfig(changes: Partial<ResolvedConfig> = {}): ResolvedConfig {
  return {
    name: "demo",
    location: "westeurope",
    subscription,
    tags: {},
    github: {
      url: "https://github.com",
      apiUrl: "https://api.github.com",
      owner: "acme",
      repositories: ["app"],
      scope: "repository",
      auth: { type: "pat", secret: "github-pat" },
      runnerGroup: "Default",
    },
    image: {
      repository: "runner",
      context: undefined,
      dockerfile: "Dockerfile",
      base: undefined,
      preset: "minimal",
      packages: [],
      setup: undefined,
      certificates: [],
      runnerVersion: "latest",
      buildArgs: {},
      timeoutSeconds: 3600,
      schedule: undefined,
      baseImageTrigger: false,
      keep: 5,
      pin: "digest",
    },
    state: { backend: "local", path: "/srv/state" },
    pools: [defaultPool],
    ...changes,
  };
}
