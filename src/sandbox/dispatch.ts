import { readFile } from "node:fs/promises";
import { request as requestHttps } from "node:https";
import { basename, join, resolve } from "node:path";

import { readControlInfo, type ControlInfo } from "./lock.js";

/** The sandbox is not running, so there is no GitHub to queue anything in. */
export class SandboxNotRunningError extends Error {
  override readonly name = "SandboxNotRunningError";
}

/** GitHub's own answer to a dispatch it would not take. */
export class DispatchRefusedError extends Error {
  override readonly name = "DispatchRefusedError";
}

export interface DispatchRequest {
  /** Of the sandbox. */
  readonly directory: string;
  /** What a local file's path is relative to. */
  readonly cwd: string;
  /** `owner/name`. */
  readonly repository: string;
  /** File name of a workflow in the repository, or the path of a local file to put there first. */
  readonly workflow: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface DispatchedRun {
  readonly repository: string;
  readonly workflow: string;
  readonly runId: number;
  readonly url: string;
}

/** Queues a workflow run as a person with a token would; a local file is committed first. */
export async function dispatchWorkflow(request: DispatchRequest): Promise<DispatchedRun> {
  const info = readControlInfo(request.directory);
  if (info === undefined) throw new SandboxNotRunningError();
  const caller = await createCaller(request.directory, info);
  const workflow = basename(request.workflow);
  const text = await readFile(resolve(request.cwd, request.workflow), "utf8").catch(
    () => undefined,
  );
  if (text !== undefined) {
    const put = await caller(
      info.token,
      "PUT",
      `/_sandbox/github/files/${request.repository}/.github/workflows/${workflow}`,
      { content: text },
    );
    if (put.status >= 300) throw new DispatchRefusedError(messageOf(put.body));
  }
  const described = (await caller(info.token, "GET", "/_sandbox/github")).body as {
    patFile: string;
  };
  const pat = (await readFile(described.patFile, "utf8")).trim();
  const runs = `/api/v3/repos/${request.repository}/actions/runs?per_page=1`;
  const workflows = `/api/v3/repos/${request.repository}/actions/workflows/${encodeURIComponent(workflow)}`;
  const dispatched = await caller(pat, "POST", `${workflows}/dispatches`, {
    ref: "main",
    inputs: request.inputs,
  });
  if (dispatched.status >= 300) throw new DispatchRefusedError(messageOf(dispatched.body));
  const listed = (await caller(pat, "GET", runs)).body as {
    workflow_runs?: { id: number; html_url: string }[];
  };
  const run = listed.workflow_runs?.[0];
  return {
    repository: request.repository,
    workflow,
    runId: run?.id ?? 0,
    url: run?.html_url ?? "",
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Caller = (token: string, method: string, path: string, body?: unknown) => Promise<Answer>;

async function createCaller(directory: string, info: ControlInfo): Promise<Caller> {
  const ca = await readFile(join(directory, "ca.pem"));
  return (token, method, path, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const sent = requestHttps(
        `${info.origin}${path}`,
        {
          method,
          ca,
          agent: false,
          headers: {
            authorization: `Bearer ${token}`,
            accept: "application/vnd.github+json",
            "user-agent": "runnerctl-sandbox",
            ...(payload === undefined ? {} : { "content-type": "application/json" }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({
              status: response.statusCode ?? 0,
              body: text === "" ? undefined : JSON.parse(text),
            });
          });
        },
      );
      sent.on("error", (error: NodeJS.ErrnoException) =>
        reject(error.code === "ECONNREFUSED" ? new SandboxNotRunningError() : error),
      );
      sent.end(payload);
    });
}

function messageOf(body: unknown): string {
  const message = (body as { message?: unknown } | undefined)?.message;
  return typeof message === "string" ? message : "no reason given";
}
