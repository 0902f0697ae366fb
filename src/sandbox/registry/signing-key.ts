import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StateStore } from "../ports.js";

/** A random key that lives as long as the state directory, made on first use. */
export function openSigningKey(state: StateStore, name: string): () => Buffer {
  let key: Buffer | undefined;
  return () => {
    if (key !== undefined) return key;
    const file = join(state.directory("registry", "keys"), name);
    if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600 });
    key = readFileSync(file);
    return key;
  };
}
