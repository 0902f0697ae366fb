import type { ContainerAppJobEventTriggerConfigScaleRules } from "@cdktf/provider-azurerm/lib/container-app-job/index.js";
import type { GithubScope, RunnerPoolJobProps } from "./pool-job-props.js";

/** KEDA's words for where runners register. */
const runnerScopes: Readonly<Record<GithubScope, string>> = {
  repository: "repo",
  organization: "org",
  enterprise: "ent",
};

/**
 * The scale rule that counts waiting workflow jobs: https://keda.sh/docs/latest/scalers/github-runner/
 * Every key is written out, also where it repeats KEDA's default: what it counts then does not
 * change with the version of KEDA that the platform happens to run.
 */
export function buildGithubScaleRule(
  props: Pick<RunnerPoolJobProps, "github" | "labels" | "noDefaultLabels">,
  credentialSecret: string,
): ContainerAppJobEventTriggerConfigScaleRules {
  const { github } = props;
  const repositories = github.repositories ?? [];
  return {
    name: "github-runner",
    customRuleType: "github-runner",
    metadata: {
      githubApiURL: github.apiUrl,
      owner: github.owner,
      runnerScope: runnerScopes[github.scope],
      ...(repositories.length > 0 ? { repos: repositories.join(",") } : {}),
      labels: props.labels.join(","),
      noDefaultLabels: String(props.noDefaultLabels ?? false),
      // Conditional requests return stale counts: https://github.com/kedacore/keda/issues/7949
      enableEtags: "false",
      // More than one job a runner would leave a short queue waiting for ever.
      targetWorkflowQueueLength: "1",
      ...(github.auth.type === "app"
        ? {
            applicationID: github.auth.appId,
            installationID: String(github.auth.installationId),
          }
        : {}),
    },
    authentication: [
      {
        secretName: credentialSecret,
        triggerParameter: github.auth.type === "app" ? "appKey" : "personalAccessToken",
      },
    ],
  };
}
