import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RunnerSettings {
  readonly agentName: string;
  readonly serverUrl: string;
  readonly gitHubUrl: string;
  readonly workFolder: string;
  readonly ephemeral: boolean;
  readonly credential: string;
}

/**
 * Decodes a JIT configuration and writes its files beside the runner application, as the real
 * listener does.
 */
export function unpackJitConfiguration(encoded: string, home: string): RunnerSettings {
  const files = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as Record<
    string,
    string
  >;
  const contents = new Map<string, string>();
  for (const [name, content] of Object.entries(files)) {
    if (!/^\.[a-z_]+$/.test(name)) throw new Error(`Not a file of a runner configuration: ${name}`);
    const bytes = Buffer.from(content, "base64");
    writeFileSync(join(home, name), bytes, { mode: 0o600 });
    contents.set(name, bytes.toString("utf8"));
  }
  return readSettings(contents);
}

/** The configuration that lies beside the runner application already; undefined when there is none. */
export function readConfiguration(home: string): RunnerSettings | undefined {
  const names = [".runner", ".credentials"];
  if (!names.every((name) => existsSync(join(home, name)))) return undefined;
  return readSettings(new Map(names.map((name) => [name, readFileSync(join(home, name), "utf8")])));
}

function readSettings(contents: ReadonlyMap<string, string>): RunnerSettings {
  const runner = readJson(contents, ".runner");
  const credentials = readJson(contents, ".credentials");
  const data = (credentials["data"] ?? credentials["Data"]) as Record<string, unknown> | undefined;
  return {
    agentName: readText(runner, "agentName"),
    serverUrl: readText(runner, "serverUrl").replace(/\/$/, ""),
    gitHubUrl: readText(runner, "gitHubUrl"),
    workFolder: readText(runner, "workFolder") || "_work",
    ephemeral: String(readKey(runner, "ephemeral") ?? "true").toLowerCase() !== "false",
    credential: typeof data?.["credential"] === "string" ? data["credential"] : "",
  };
}

function readJson(contents: ReadonlyMap<string, string>, name: string): Record<string, unknown> {
  const text = contents.get(name);
  if (text === undefined) throw new Error(`The runner configuration has no ${name}.`);
  return JSON.parse(text.replace(/^\uFEFF/, "")) as Record<string, unknown>;
}

/** Keys come in either case from different makers of these files. */
function readKey(object: Record<string, unknown>, key: string): unknown {
  return Object.entries(object).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

function readText(object: Record<string, unknown>, key: string): string {
  const value = readKey(object, key);
  return typeof value === "string" ? value : "";
}
