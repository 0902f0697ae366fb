import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import {
  findAnswerProblems,
  type InitAnswers,
  type InitQuestion,
  initQuestions as questions,
} from "../config/answers.js";
import { defaultConfigFile } from "../config/load.js";
import { renderConfigTemplate, schemaReference } from "../config/template.js";
import { configExists, configUnwritable, initAnswersInvalid } from "../errors/catalogue/config.js";
import type { Emit } from "../output/events.js";

export type { InitAnswers, InitQuestion };

/** What there is to ask, in order; the prompts themselves are the command's. */
export const initQuestions: readonly InitQuestion[] = questions;

export interface InitRequest {
  /** Relative to `cwd`; default runnerctl.yaml. */
  readonly path?: string | undefined;
  readonly cwd: string;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly answers: InitAnswers;
  /** Version of runnerctl, for the schema's address. */
  readonly version: string;
}

export interface InitDeps {
  readonly emit: Emit;
}

export interface InitResult {
  /** Absolute. */
  readonly path: string;
  /** False when a file that was there has been replaced. */
  readonly created: boolean;
}

/** Whether `initConfig` would refuse for the file's sake: worth knowing before asking questions. */
export async function checkInitTarget(
  request: Pick<InitRequest, "path" | "cwd" | "force">,
): Promise<void> {
  const path = resolve(request.cwd, request.path ?? defaultConfigFile);
  if (!request.force && (await exists(path))) throw configExists(path);
}

export async function initConfig(request: InitRequest, deps: InitDeps): Promise<InitResult> {
  const path = resolve(request.cwd, request.path ?? defaultConfigFile);
  const problems = findAnswerProblems(request.answers);
  if (problems.length > 0) throw initAnswersInvalid(problems);
  await checkInitTarget(request);
  const directory = dirname(path);
  const local = await exists(join(directory, "node_modules/runnerctl/schema.json"));
  const text = renderConfigTemplate(request.answers, schemaReference(request.version, local));
  const created = !(await exists(path));
  await writeWhole(path, text, request.force);
  deps.emit({ name: "config.written", level: "debug", message: `Wrote ${path}`, data: { path } });
  return { path, created };
}

/** The file appears with all of its text or not at all. */
async function writeWhole(path: string, text: string, replace: boolean): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await fs.writeFile(draft, text, { flag: "wx" });
    if (replace) await fs.rename(draft, path);
    else await placeNew(draft, path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EEXIST") throw configExists(path);
    throw configUnwritable(path, reasons[code ?? ""] ?? code ?? "writing failed", cause);
  } finally {
    // Gone already after a rename, and never there when it could not be written.
    await fs.rm(draft, { force: true }).catch(() => {});
  }
}

/** Unlike rename, a link fails when somebody else has written the file in the meantime. */
async function placeNew(draft: string, path: string): Promise<void> {
  try {
    await fs.link(draft, path);
  } catch (error) {
    // Some file systems have no hard links.
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      throw error;
    }
    await fs.copyFile(draft, path, constants.COPYFILE_EXCL);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is a file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  );
}
