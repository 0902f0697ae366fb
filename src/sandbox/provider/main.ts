import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Provider, type ProviderDefinition } from "./engine/provider.js";
import { servePlugin } from "./protocol/server.js";
import { defineAzapi } from "./azapi.js";
import { defineAzurerm } from "./azurerm.js";
import { defineGitHub } from "./github.js";

/*
 * A Terraform provider as a program. Terraform starts it through a filesystem mirror, reads one line
 * from its output and then talks gRPC to it.
 * https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
 */

const magicCookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const parentCheckMilliseconds = 500;

const definitions: Readonly<Record<string, () => ProviderDefinition>> = {
  azurerm: defineAzurerm,
  azapi: defineAzapi,
  github: defineGitHub,
};

async function main(name: string | undefined): Promise<void> {
  const define = definitions[name ?? ""];
  if (define === undefined) {
    refuse(`Usage: sandbox-provider <${Object.keys(definitions).join("|")}>`);
    return;
  }
  if (process.env["TF_PLUGIN_MAGIC_COOKIE"] !== magicCookie) {
    refuse("This program is a Terraform provider: Terraform starts it. It is of no use alone.");
    return;
  }
  if (process.env["PLUGIN_CLIENT_CERT"] !== undefined) {
    // Terraform shows an unexpected first line to the user.
    process.stdout.write("Set TF_DISABLE_PLUGIN_TLS=1 in Terraform's environment.\n");
    process.exitCode = 1;
    return;
  }
  // Ctrl-C reaches the whole process group; Terraform decides, and says so by StopProvider.
  process.on("SIGINT", () => {});

  let definition: ProviderDefinition;
  try {
    definition = define();
  } catch (error) {
    refuse(`The provider's schemas cannot be read: ${String(error)}`);
    return;
  }
  const provider = new Provider(definition);
  const folder = mkdtempSync(join(process.env["PLUGIN_UNIX_SOCKET_DIR"] ?? tmpdir(), "rctl-"));
  const socket = join(folder, "p.sock");
  const end = (): void => {
    clearInterval(watch);
    provider.end();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const parent = process.ppid;
  const watch = setInterval(() => {
    // Terraform was killed: nobody is left to hear the answers.
    if (process.ppid !== parent) end();
  }, parentCheckMilliseconds);
  process.on("SIGTERM", end);
  const server = await servePlugin(socket, provider.handlers, end);
  process.stdout.write(`1|6|unix|${socket}|grpc|\n`);
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

await main(process.argv[2]);
