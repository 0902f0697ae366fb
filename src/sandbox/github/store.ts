import { createHash } from "node:crypto";
import type { Clock, Collection, StateStore } from "../ports.js";
import type {
  AccountRecord,
  AppRecord,
  EnterpriseRecord,
  EnvironmentRecord,
  FileRecord,
  InstallationRecord,
  JobRecord,
  ReleaseRecord,
  RepositoryRecord,
  RunnerGroupRecord,
  RunnerRecord,
  RunRecord,
  TokenRecord,
  VariableRecord,
  WorkflowRecord,
} from "./records.js";

/** Every collection of the sandbox's GitHub, and the look-ups that several rooms of it need. */
export class GithubStore {
  readonly accounts: Collection<AccountRecord>;
  readonly enterprises: Collection<EnterpriseRecord>;
  readonly repositories: Collection<RepositoryRecord>;
  readonly files: Collection<FileRecord>;
  readonly workflows: Collection<WorkflowRecord>;
  readonly runs: Collection<RunRecord>;
  readonly jobs: Collection<JobRecord>;
  readonly runners: Collection<RunnerRecord>;
  readonly groups: Collection<RunnerGroupRecord>;
  readonly apps: Collection<AppRecord>;
  readonly installations: Collection<InstallationRecord>;
  readonly tokens: Collection<TokenRecord>;
  readonly variables: Collection<VariableRecord>;
  readonly environments: Collection<EnvironmentRecord>;
  readonly releases: Collection<ReleaseRecord>;
  private readonly counters: Collection<number>;

  constructor(
    readonly state: StateStore,
    readonly clock: Clock,
    /** Web address of this GitHub, without a trailing slash. */
    readonly origin: string,
  ) {
    this.accounts = state.collection("github-accounts");
    this.enterprises = state.collection("github-enterprises");
    this.repositories = state.collection("github-repositories");
    this.files = state.collection("github-files");
    this.workflows = state.collection("github-workflows");
    this.runs = state.collection("github-runs");
    this.jobs = state.collection("github-jobs");
    this.runners = state.collection("github-runners");
    this.groups = state.collection("github-runner-groups");
    this.apps = state.collection("github-apps");
    this.installations = state.collection("github-installations");
    this.tokens = state.collection("github-tokens");
    this.variables = state.collection("github-variables");
    this.environments = state.collection("github-environments");
    this.releases = state.collection("github-releases");
    this.counters = state.collection("github-counters");
  }

  nextId(counter: string, first = 1): number {
    const id = this.counters.get(counter) ?? first;
    this.counters.set(counter, id + 1);
    return id;
  }

  /** GitHub's times have whole seconds. */
  now(): string {
    return formatTime(this.clock.now());
  }

  account(login: string): AccountRecord | undefined {
    return this.accounts.get(login.toLowerCase());
  }

  enterprise(slug: string): EnterpriseRecord | undefined {
    return this.enterprises.get(slug.toLowerCase());
  }

  repository(owner: string, name: string): RepositoryRecord | undefined {
    return this.repositories.get(`${owner}/${name}`.toLowerCase());
  }

  repositoryById(id: number): RepositoryRecord | undefined {
    return this.repositories.entries().find(([, repository]) => repository.id === id)?.[1];
  }

  putRepository(repository: RepositoryRecord): void {
    this.repositories.set(`${repository.owner}/${repository.name}`.toLowerCase(), repository);
  }

  repositoriesOf(owner: string): RepositoryRecord[] {
    return this.repositories.entries(`${owner.toLowerCase()}/`).map(([, repository]) => repository);
  }

  run(id: number): RunRecord | undefined {
    return this.runs.get(String(id));
  }

  putRun(run: RunRecord): void {
    this.runs.set(String(run.id), run);
  }

  job(id: number): JobRecord | undefined {
    return this.jobs.get(String(id));
  }

  putJob(job: JobRecord): void {
    this.jobs.set(String(job.id), job);
  }

  jobsOf(runId: number): JobRecord[] {
    return this.jobs
      .entries()
      .map(([, job]) => job)
      .filter((job) => job.runId === runId);
  }

  runner(id: number): RunnerRecord | undefined {
    return this.runners.get(String(id));
  }

  putRunner(runner: RunnerRecord): void {
    this.runners.set(String(runner.id), runner);
  }

  group(scope: string, id: number): RunnerGroupRecord | undefined {
    return this.groups.get(`${scope}/${id}`);
  }

  putGroup(group: RunnerGroupRecord): void {
    this.groups.set(`${group.scope}/${group.id}`, group);
  }
}

export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, "Z");
}

export function hashSecret(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
