// Loaded with `node --import`: writes the address of every module that the process loads, one a
// line, to the file named in LOADED_MODULES. The same file is the hook and what installs it.
import { appendFileSync } from "node:fs";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
  appendFileSync(process.env.LOADED_MODULES, `${url}\n`);
  return next(url, context);
}
