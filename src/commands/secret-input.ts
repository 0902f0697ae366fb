import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { addAbortSignal } from "node:stream";

import type { Context } from "../context.js";
import { SecretText } from "../domain/secret-text.js";
import { usageError } from "../errors/catalogue/command.js";

/** A GitHub App key is about 1.7 KB and a token under 300 bytes; Key Vault takes 25 KB. */
const longest = 25_000;

export async function readSecretFile(context: Context, path: string): Promise<SecretText> {
  const file = resolve(context.runtime.cwd, path);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === "ENOENT" ? "there is no such file" : `it cannot be read (${code ?? "unknown"})`;
    throw usageError(
      `The secret file ${file}: ${why}.`,
      "Give the path of the App's .pem file or of a file with the token.",
    );
  }
  return accept(context, text, file);
}

/** From a pipe, or asked for on a terminal without showing it. */
export async function readSecretInput(context: Context, kind: "app" | "pat"): Promise<SecretText> {
  const { stdin } = context.runtime;
  if (stdin.isTTY === true) {
    const asked = await askForSecret(context, kind);
    if (asked !== undefined) return asked;
    throw usageError(
      "There is nothing on standard input.",
      "runnerctl secret set --file KEY.pem, or pipe it in: runnerctl secret set < token.txt",
    );
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // A pipe that nobody closes must not outlast Ctrl-C.
  for await (const chunk of addAbortSignal(context.signal, stdin)) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > longest) break;
    chunks.push(bytes);
  }
  return accept(context, Buffer.concat(chunks).toString("utf8"), "Standard input");
}

/** Asks on a terminal for the secret of the configured kind; undefined where there is none. */
export async function askForSecret(
  context: Context,
  kind: "app" | "pat",
): Promise<SecretText | undefined> {
  const { prompter } = context;
  if (prompter === undefined) return undefined;
  if (kind === "pat") {
    const token = await prompter.password("GitHub token to put into the Key Vault");
    return token === undefined ? undefined : accept(context, token, "The token");
  }
  const path = await prompter.text({ message: "Path of the GitHub App's private key (.pem)" });
  return path === undefined ? undefined : readSecretFile(context, path);
}

function accept(context: Context, text: string, from: string): SecretText {
  const value = text.replace(/^\uFEFF/, "").trim();
  if (value === "")
    throw usageError(`${from} is empty.`, "It must hold the App's private key or the token.");
  if (Buffer.byteLength(value) > longest) {
    throw usageError(
      `${from} is too long for a secret.`,
      "It must hold the App's private key or the token alone.",
    );
  }
  // A private key keeps its last line break: OpenSSL wants PEM lines to end.
  const secret = value.startsWith("-----BEGIN") ? `${value}\n` : value;
  context.shell.redactor.register(secret);
  return new SecretText(secret);
}
