import { createHash, randomBytes } from "node:crypto";
import type { FileRecord, RepositoryRecord, WorkflowRecord } from "./records.js";
import type { GithubStore } from "./store.js";
import { WorkflowFileError } from "./workflow/model.js";
import { readWorkflow } from "./workflow/read-workflow.js";

export function createRepository(
  store: GithubStore,
  request: {
    readonly owner: string;
    readonly name: string;
    readonly visibility: RepositoryRecord["visibility"];
  },
): RepositoryRecord {
  const now = store.now();
  const repository: RepositoryRecord = {
    id: store.nextId("repository", 700_001),
    owner: request.owner,
    name: request.name,
    visibility: request.visibility,
    defaultBranch: "main",
    branches: { main: makeSha() },
    protectedBranches: {},
    collaborators: {},
    secrets: {},
    actions: { enabled: true, allowed: "all" },
    createdAt: now,
    updatedAt: now,
  };
  store.putRepository(repository);
  return repository;
}

export function deleteRepository(store: GithubStore, repository: RepositoryRecord): void {
  const { id } = repository;
  for (const collection of [
    store.files,
    store.workflows,
    store.runs,
    store.jobs,
    store.environments,
  ]) {
    for (const [key, record] of collection.entries()) {
      if (record.repositoryId === id) collection.delete(key);
    }
  }
  for (const [key] of store.variables.entries(`repo:${id}/`)) store.variables.delete(key);
  for (const [key, runner] of store.runners.entries()) {
    if (runner.scope === `repo:${id}`) store.runners.delete(key);
  }
  store.repositories.delete(`${repository.owner}/${repository.name}`.toLowerCase());
}

/** Commits a file to the default branch; a workflow file becomes known to Actions, or ceases to be. */
export function putFile(
  store: GithubStore,
  repository: RepositoryRecord,
  path: string,
  content: string,
): { readonly file: FileRecord; readonly commit: string } {
  const sha = createHash("sha1")
    .update(`blob ${Buffer.byteLength(content)}\0${content}`)
    .digest("hex");
  const file: FileRecord = { repositoryId: repository.id, path, content, sha };
  store.files.set(`${repository.id}:${path}`, file);
  const commit = makeSha();
  const current = store.repositoryById(repository.id) ?? repository;
  store.putRepository({
    ...current,
    branches: { ...current.branches, [current.defaultBranch]: commit },
    updatedAt: store.now(),
  });
  if (isWorkflowPath(path)) putWorkflow(store, repository.id, path, content);
  return { file, commit };
}

export function isWorkflowPath(path: string): boolean {
  return /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path);
}

export function workflowsOf(store: GithubStore, repositoryId: number): WorkflowRecord[] {
  return store.workflows
    .entries()
    .map(([, workflow]) => workflow)
    .filter((workflow) => workflow.repositoryId === repositoryId);
}

function putWorkflow(
  store: GithubStore,
  repositoryId: number,
  path: string,
  content: string,
): void {
  const known = workflowsOf(store, repositoryId).find((workflow) => workflow.path === path);
  const now = store.now();
  const id = known?.id ?? store.nextId("workflow", 150_000_001);
  store.workflows.set(String(id), {
    id,
    repositoryId,
    path,
    name: readName(content) ?? path,
    state: known?.state ?? "active",
    runCount: known?.runCount ?? 0,
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
  });
}

/** A file that is no workflow goes by its path, as on GitHub; its runs fail at start-up. */
function readName(content: string): string | undefined {
  try {
    return readWorkflow(content).name;
  } catch (error) {
    if (error instanceof WorkflowFileError) return undefined;
    throw error;
  }
}

export function makeSha(): string {
  return randomBytes(20).toString("hex");
}
