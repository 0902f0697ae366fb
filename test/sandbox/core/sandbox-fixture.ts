import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox, type RunningSandbox } from "../../../src/sandbox/start.js";
import { send, type HttpAnswer } from "./http.js";

export const packageRoot = process.cwd();

export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "rctl-core-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function startFast(directory: string): Promise<RunningSandbox> {
  return await startSandbox({ directory, packageRoot, asyncSeconds: 0 });
}

export function readCa(sandbox: RunningSandbox): string {
  return readFileSync(sandbox.environment["SSL_CERT_FILE"] ?? "", "utf8");
}

export function control(
  sandbox: RunningSandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<HttpAnswer> {
  return send(`${sandbox.httpOrigin}/_sandbox/${path}`, {
    method,
    body,
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
  });
}
