import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { SandboxReply, SandboxRequest } from "../ports.js";
import type { GithubParts } from "./route.js";
import type { GithubStore } from "./store.js";
import { makeZip, type ZipEntry } from "./zip.js";

type LogKind = "job" | "run";

const prefix = "/_github/logs/";
const key = randomBytes(32);

/** Sends a log download on to an address that is good for a minute, without credentials. */
export function redirectToLog(
  store: GithubStore,
  request: SandboxRequest,
  kind: LogKind,
  id: number,
): SandboxReply {
  const expires = String(store.clock.now().getTime() + 60_000);
  const query = new URLSearchParams({ expires, signature: sign(`${kind}/${id}`, expires) });
  return {
    status: 302,
    headers: { location: `${request.url.origin}${prefix}${kind}/${id}?${query}` },
  };
}

export function serveLog(parts: GithubParts, request: SandboxRequest): SandboxReply | undefined {
  if (!request.path.startsWith(prefix)) return undefined;
  const what = request.path.slice(prefix.length);
  const expires = request.query.get("expires") ?? "";
  const given = Buffer.from(request.query.get("signature") ?? "");
  const wanted = Buffer.from(sign(what, expires));
  const fresh = Number(expires) > parts.store.clock.now().getTime();
  if (!fresh || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return { status: 403, body: "The signature of this address is not valid, or has expired.\n" };
  }
  const [kind, id] = what.split("/");
  if (kind === "run") return serveRun(parts, Number(id));
  const log = parts.actions.logs.read(Number(id));
  if (log === undefined) return { status: 404, body: "Not Found\n" };
  return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: log };
}

/**
 * An archive with one file a job and, in a folder of the job's name, one a step.
 * https://docs.github.com/rest/actions/workflow-runs#download-workflow-run-logs
 */
function serveRun({ store, actions }: GithubParts, id: number): SandboxReply {
  const run = store.run(id);
  if (run === undefined) return { status: 404, body: "Not Found\n" };
  const entries = actions.jobsOfAttempt(run).flatMap((job, index): ZipEntry[] => {
    const whole = actions.logs.read(job.id);
    if (whole === undefined) return [];
    const name = toFileName(job.name);
    const steps = job.steps.flatMap((step): ZipEntry[] => {
      const text = actions.logs.read(job.id, step.number);
      const file = `${name}/${step.number}_${toFileName(step.name)}.txt`;
      return text === undefined ? [] : [{ name: file, content: Buffer.from(text) }];
    });
    return [{ name: `${index}_${name}.txt`, content: Buffer.from(whole) }, ...steps];
  });
  return {
    status: 200,
    headers: { "content-type": "application/zip" },
    body: makeZip(entries, store.clock.now()),
  };
}

function toFileName(name: string): string {
  return name.replace(/[/\\:*?"<>|]/g, "");
}

function sign(what: string, expires: string): string {
  return createHmac("sha256", key).update(`${what} ${expires}`).digest("hex");
}
