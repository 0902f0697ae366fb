import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Isolation } from "./container-launch.js";
import { makeFolder } from "./host-tree.js";
import { launchInNamespaces } from "./namespace-launcher.js";

export interface IsolationChoice {
  readonly isolation: Isolation;
  /** Why it is the lesser one. */
  readonly reason?: string;
}

/** Finds out by doing it: permission to make namespaces has too many sources to be asked for. */
export async function chooseIsolation(folder: string, caPem: string): Promise<IsolationChoice> {
  if (process.platform !== "linux") {
    return { isolation: "process", reason: `${process.platform} has no Linux namespaces` };
  }
  const trial = mkdtempSync(join(folder, "trial-"));
  const complaints: string[] = [];
  try {
    const root = join(trial, "root");
    for (const path of ["etc", "tmp"]) makeFolder(join(root, path));
    const container = launchInNamespaces(
      {
        root,
        scratch: trial,
        argv: ["bash", "-c", "test $$ = 1 && test ! -e /home"],
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        workdir: "/",
        asRoot: false,
        mounts: [],
        onOutput: (_stream, text) => complaints.push(text),
      },
      caPem,
    );
    const { code } = await container.exit;
    if (code === 0) return { isolation: "namespaces" };
    complaints.push(`the trial container ended with ${code}`);
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
  return { isolation: "process", reason: complaints.join(" ").replaceAll(/\s+/g, " ").trim() };
}
