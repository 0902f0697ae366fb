import { createContext } from "./engine/context.js";
import type { ProviderDefinition } from "./engine/provider.js";
import { openGitHub } from "./github/client.js";
import { HttpClient } from "./http/client.js";
import {
  githubActionsVariable,
  githubOrganizationVariable,
} from "./resources/github-actions-variable.js";
import { githubRepositoryEnvironment } from "./resources/github-environment.js";
import { githubRunnerGroup } from "./resources/github-runner-group.js";
import { loadProviderSchema } from "./schema/load.js";

export function defineGitHub(): ProviderDefinition {
  return {
    name: "github",
    schema: loadProviderSchema("github"),
    legacyTypes: true,
    resources: [
      githubActionsVariable,
      githubOrganizationVariable,
      githubRepositoryEnvironment,
      githubRunnerGroup,
    ],
    data: [],
    connect: async (settings, life) => {
      const http = new HttpClient(life);
      return createContext(settings, life, { github: openGitHub(settings, http) });
    },
  };
}
