import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface ProviderProgram {
  /** The node that runs it. */
  readonly node: string;
  /** The bundled provider. */
  readonly program: string;
}

interface MirroredProvider {
  readonly source: string;
  readonly name: string;
  readonly version: string;
}

/** The versions that the CDKTF bindings wrap. */
const providers: readonly MirroredProvider[] = [
  { source: "hashicorp/azurerm", name: "azurerm", version: "4.55.0" },
  { source: "azure/azapi", name: "azapi", version: "2.12.0" },
  { source: "integrations/github", name: "github", version: "6.9.0" },
];

/** OpenTofu asks for the same providers under its own host. */
const hosts = ["registry.terraform.io", "registry.opentofu.org"];

/**
 * Lays out a filesystem mirror from which `terraform init` takes the sandbox's providers, and the
 * CLI configuration that names it. Writing it again changes nothing but the program.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
 */
export async function writeProviderMirror(
  directory: string,
  { node, program }: ProviderProgram,
): Promise<{ cliConfigFile: string }> {
  const mirror = join(directory, "mirror");
  const include: string[] = [];
  for (const host of hosts) {
    for (const { source, name, version } of providers) {
      include.push(`${host}/${source}`);
      const folder = join(mirror, host, ...source.split("/"), version, terraformPlatform());
      const file = join(folder, `terraform-provider-${name}_v${version}`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, launcher(name));
      await chmod(file, 0o755);
    }
  }
  const launch = join(directory, "launch");
  await writeFile(launch, `#!/bin/sh\nexec ${shellQuote(node)} ${shellQuote(program)} "$1"\n`);
  await chmod(launch, 0o755);
  const cliConfigFile = join(directory, "terraform.rc");
  await writeFile(cliConfigFile, cliConfig(mirror, include));
  return { cliConfigFile };
}

/**
 * The same bytes on every machine, because Terraform's lock file keeps their checksum: where node and
 * the program are stands in `launch`, beside the mirror that Terraform links to.
 */
function launcher(name: string): string {
  return `#!/bin/sh\nself=$(readlink -f "$0")\nexec "\${self%/*/*/*/*/*/*/*}/launch" ${name}\n`;
}

function cliConfig(mirror: string, include: readonly string[]): string {
  const quoted = include.map((address) => `      ${JSON.stringify(address)},`).join("\n");
  return [
    "disable_checkpoint = true",
    "provider_installation {",
    "  filesystem_mirror {",
    `    path = ${hclQuote(mirror)}`,
    `    include = [\n${quoted}\n    ]`,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** Terraform's name of this machine's kind: `linux_amd64`. */
export function terraformPlatform(
  platform: string = process.platform,
  arch: string = process.arch,
): string {
  const os = platform === "win32" ? "windows" : platform;
  return `${os}_${arch === "x64" ? "amd64" : arch}`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function hclQuote(text: string): string {
  return JSON.stringify(text).replaceAll("${", "$${").replaceAll("%{", "%%{");
}
