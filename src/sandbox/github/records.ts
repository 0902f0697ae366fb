/*
 * What the sandbox's GitHub remembers. Records are kept as they are written here; views turn them
 * into REST bodies.
 */

export type PermissionLevel = "read" | "write" | "admin";
export type Permissions = Readonly<Record<string, PermissionLevel>>;

export interface AccountRecord {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Organization";
  readonly name: string;
  /** Slug of the enterprise an organization belongs to. */
  readonly enterprise?: string;
  /** Of an organization: login → role. */
  readonly members: Readonly<Record<string, "admin" | "member">>;
  readonly createdAt: string;
}

export interface EnterpriseRecord {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly admins: readonly string[];
  readonly createdAt: string;
}

export interface RepositoryRecord {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly visibility: "public" | "private" | "internal";
  readonly defaultBranch: string;
  /** Branch → commit. */
  readonly branches: Readonly<Record<string, string>>;
  readonly protectedBranches: Readonly<Record<string, unknown>>;
  readonly collaborators: Readonly<
    Record<string, "read" | "triage" | "write" | "maintain" | "admin">
  >;
  readonly secrets: Readonly<Record<string, string>>;
  readonly actions: {
    readonly enabled: boolean;
    readonly allowed: "all" | "local_only" | "selected";
  };
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface FileRecord {
  readonly repositoryId: number;
  readonly path: string;
  readonly content: string;
  /** Git's blob id. */
  readonly sha: string;
}

export interface WorkflowRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly path: string;
  readonly name: string;
  readonly state: "active" | "disabled_manually";
  readonly runCount: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type JobConclusion = "success" | "failure" | "cancelled" | "skipped" | "timed_out";

export interface RunRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly workflowId: number;
  readonly workflowPath: string;
  readonly workflowName: string;
  readonly number: number;
  readonly attempt: number;
  readonly event: string;
  readonly actor: string;
  readonly branch: string;
  readonly sha: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The workflow file as it was: a re-run runs the same. */
  readonly source: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: JobConclusion | "startup_failure" | null;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly updatedAt: string;
}

export interface StepRecord {
  readonly number: number;
  readonly name: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: JobConclusion | null;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
}

export interface JobRecord {
  readonly id: number;
  readonly runId: number;
  readonly repositoryId: number;
  readonly attempt: number;
  readonly key: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly group: string | null;
  readonly needs: readonly string[];
  readonly matrix: Readonly<Record<string, string>>;
  /** `blocked`: what it needs has not ended; GitHub does not list it yet. */
  readonly status: "blocked" | "queued" | "in_progress" | "completed";
  readonly conclusion: JobConclusion | null;
  readonly runnerId: number | null;
  readonly runnerName: string | null;
  readonly runnerGroupId: number | null;
  readonly runnerGroupName: string | null;
  readonly steps: readonly StepRecord[];
  readonly annotations: readonly string[];
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
}

export interface RunnerRecord {
  readonly id: number;
  readonly name: string;
  /** `repo:ID`, `org:ID` or `ent:ID`. */
  readonly scope: string;
  readonly groupId: number;
  readonly labels: readonly {
    readonly id: number;
    readonly name: string;
    readonly type: "read-only" | "custom";
  }[];
  readonly workFolder: string;
  readonly ephemeral: boolean;
  /** SHA-256 of the credential in its JIT configuration. */
  readonly credentialHash: string;
  readonly sessionOpened: boolean;
  readonly os: string;
  readonly version: string | null;
  readonly lastSeenAt: string;
  /** Set by the control endpoint alone, to put a runner into a state without a process. */
  readonly forced?: { readonly status?: "online" | "offline"; readonly busy?: boolean };
}

export interface RunnerGroupRecord {
  readonly id: number;
  readonly scope: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly visibility: "all" | "private" | "selected";
  /** Repositories of an organization's group, organizations of an enterprise's. */
  readonly selectedIds: readonly number[];
  readonly allowsPublicRepositories: boolean;
  readonly restrictedToWorkflows: boolean;
  readonly selectedWorkflows: readonly string[];
}

export interface AppRecord {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly owner: string;
  readonly clientId: string;
  readonly publicKeyPem: string;
  readonly permissions: Permissions;
  readonly createdAt: string;
}

export interface InstallationRecord {
  readonly id: number;
  readonly appId: number;
  /** Login of the organization or user. */
  readonly account: string;
  readonly permissions: Permissions;
  readonly repositoryIds: readonly number[] | "all";
  readonly suspendedAt: string | null;
  readonly createdAt: string;
}

/** Tokens are kept by their SHA-256; nobody can read one back. */
export interface TokenRecord {
  readonly id: number;
  readonly kind: "classic" | "fine-grained" | "installation" | "job";
  /** The user who made it, or whose organization it is for. */
  readonly owner: string;
  readonly scopes: readonly string[];
  /** Of all kinds but classic. */
  readonly permissions: Permissions;
  /** The account whose things a fine-grained or installation token reaches. */
  readonly target: string | null;
  readonly repositoryIds: readonly number[] | "all";
  readonly installationId: number | null;
  readonly jobId: number | null;
  readonly expiresAt: string | null;
}

export interface VariableRecord {
  readonly name: string;
  readonly value: string;
  readonly visibility: "all" | "private" | "selected";
  readonly selectedIds: readonly number[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface EnvironmentRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ReleaseRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly tag: string;
  readonly createdAt: string;
  readonly assets: readonly ReleaseAssetRecord[];
}

export interface ReleaseAssetRecord {
  readonly id: number;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly digest: string;
}
