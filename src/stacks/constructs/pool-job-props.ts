import type { GithubScope, TriggerConfig } from "../../config/types.js";

export type { GithubScope, TriggerConfig };

/** How GitHub is asked for just-in-time runner configurations. */
export type RunnerGithubAuth =
  | { readonly type: "pat" }
  | {
      readonly type: "app";
      /** App ID or client ID. */
      readonly appId: string;
      readonly installationId: number;
    };

export interface RunnerGithubProps {
  /** REST base: `https://api.github.com`, or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  /** User, organization or enterprise. */
  readonly owner: string;
  /** Where runners register. */
  readonly scope: GithubScope;
  /**
   * Repositories served, without the owner. The first is where runners of scope `repository`
   * register; all are what the queue trigger looks at.
   * @default - none: the queue trigger looks at every repository of the owner, which is expensive
   */
  readonly repositories?: readonly string[];
  readonly auth: RunnerGithubAuth;
  /**
   * Runner group by name.
   * @default "Default", the group that always exists
   */
  readonly runnerGroup?: string;
}

export interface RunnerPoolJobProps {
  /** Name of the job: at most 32 lower-case letters, digits and single hyphens. */
  readonly name: string;
  /** Resource group that takes the job. */
  readonly resourceGroupName: string;
  /** Azure region: the environment's. */
  readonly location: string;
  /** ID of a workload-profile environment. */
  readonly environmentId: string;
  /** Image of both containers, by digest; see docker/ for what its entrypoint must do. */
  readonly image: string;
  /** Where the image comes from and the identity that may pull it. */
  readonly registry: { readonly loginServer: string; readonly identityId: string };
  /** Address of the GitHub credential in Key Vault and the identity that may read it. */
  readonly credential: { readonly secretUrl: string; readonly identityId: string };
  readonly github: RunnerGithubProps;
  /** Labels of the runners, beside the default ones. */
  readonly labels: readonly string[];
  /**
   * Leave out self-hosted, linux and x64.
   * @default false, because `runs-on: self-hosted` is what most workflows say
   */
  readonly noDefaultLabels?: boolean;
  /**
   * vCPU of the runner container.
   * @default 2
   */
  readonly cpu?: number;
  /**
   * Memory of the runner container in gibibytes.
   * @default - twice the vCPU, the only pair that Consumption offers
   */
  readonly memoryGi?: number;
  /**
   * What starts an execution.
   * @default - manual: nothing runs unless it is asked for
   */
  readonly trigger?: TriggerConfig;
  /**
   * Bounds on executions at once; of effect with the queue trigger.
   * @default - none kept running, 10 at most
   */
  readonly limits?: { readonly min: number; readonly max: number };
  /**
   * Seconds after which an execution is ended.
   * @default 21600, six hours: GitHub's own limit for a job on its hosted runners
   */
  readonly timeoutSeconds?: number;
  /**
   * Environment of the runner container. Never a secret: it is readable in Azure and in the state.
   * @default - none
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Workload profile of the environment.
   * @default "Consumption"; named always, because without it every plan shows a difference
   */
  readonly workloadProfileName?: string;
  /**
   * Keep the two identities away from the containers. Needs an azapi provider in the stack.
   * @default true: otherwise a workflow step can get the identities' tokens
   */
  readonly manageIdentityLifecycle?: boolean;
  /**
   * Tags on the job.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}
