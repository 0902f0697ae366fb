import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { buildArgInvalid } from "../errors/catalogue/image-context.js";

type Variables = Readonly<Record<string, string>>;

export interface GivenArguments {
  readonly values: Variables;
  /** Named without a value, and not in the environment: Docker leaves these out too. */
  readonly unset: readonly string[];
}

/** `--build-arg NAME=VALUE`, or `NAME` for the value that the environment has. */
export function readBuildArguments(given: readonly string[], env: Variables): GivenArguments {
  const values: Record<string, string> = {};
  const unset: string[] = [];
  for (const text of given) {
    const at = text.indexOf("=");
    const name = checkName(at < 0 ? text : text.slice(0, at), "--build-arg");
    const value = at < 0 ? env[name] : text.slice(at + 1);
    if (value === undefined) unset.push(name);
    else values[name] = value;
  }
  return { values, unset };
}

/** `--secret-build-arg NAME` from the environment, or `NAME=@FILE`: a value never stands in argv. */
export async function readSecretArguments(
  given: readonly string[],
  env: Variables,
  cwd: string,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const text of given) {
    const [, written = text, source] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const name = checkName(written, "--secret-build-arg");
    const value = await readSecret(name, source, env, cwd);
    if (value === "") {
      throw buildArgInvalid(
        `The secret build argument ${name} is empty.`,
        `Set it in the environment, or give a file that holds it: --secret-build-arg ${name}=@FILE`,
      );
    }
    values[name] = value;
  }
  return values;
}

async function readSecret(
  name: string,
  source: string | undefined,
  env: Variables,
  cwd: string,
): Promise<string> {
  if (source === undefined) {
    const value = env[name];
    if (value !== undefined) return value;
    throw buildArgInvalid(
      `The secret build argument ${name} is not in the environment.`,
      `Set it, or give a file that holds it: --secret-build-arg ${name}=@FILE`,
    );
  }
  if (!source.startsWith("@")) {
    throw buildArgInvalid(
      `The value of the secret build argument ${name} stands on the command line, where other programs and the shell's history can read it.`,
      `Put it into the environment (--secret-build-arg ${name}) or a file (--secret-build-arg ${name}=@FILE), and renew it if it is in use.`,
    );
  }
  const file = resolve(cwd, source.slice(1));
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw buildArgInvalid(
      `The file of the secret build argument ${name} cannot be read: ${file} (${String((error as NodeJS.ErrnoException).code)}).`,
      `--secret-build-arg ${name}=@FILE takes a file that holds the value alone.`,
    );
  });
  return text.replace(/\r?\n$/, "");
}

function checkName(name: string, flag: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw buildArgInvalid(
    `${flag} takes a name first, and ${JSON.stringify(name)} is none.`,
    flag === "--build-arg"
      ? "--build-arg NAME=VALUE, or --build-arg NAME for the value in the environment"
      : "--secret-build-arg NAME for the value in the environment, or --secret-build-arg NAME=@FILE",
  );
}
