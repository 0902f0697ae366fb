import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The versions that the stacks pin; a mirror serves no other. */
const providers = [
  { namespace: "hashicorp", name: "azurerm", version: "4.55.0" },
  { namespace: "azure", name: "azapi", version: "2.12.0" },
  { namespace: "integrations", name: "github", version: "6.9.0" },
] as const;

/** Terraform and OpenTofu look the same providers up under names of their own. */
const hosts = ["registry.terraform.io", "registry.opentofu.org"];

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/**
 * A folder from which Terraform installs the sandbox's providers without any registry, and the CLI
 * configuration that says so.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
 */
export function writeTerraformMirror(
  directory: string,
  program: { readonly node: string; readonly script: string },
): string {
  const mirror = join(directory, "providers");
  const platform = `${process.platform}_${architectures[process.arch] ?? process.arch}`;
  for (const { namespace, name, version } of providers) {
    for (const host of hosts) {
      const folder = join(mirror, host, namespace, name, version, platform);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, `terraform-provider-${name}_v${version}`),
        `#!/bin/sh\nexec ${quote(program.node)} ${quote(program.script)} ${name}\n`,
        { mode: 0o755 },
      );
    }
  }
  const file = join(directory, "terraform.rc");
  writeFileSync(
    file,
    `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  );
  return file;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
