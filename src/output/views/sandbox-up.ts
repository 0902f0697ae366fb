import type { Rendered } from "../rendered.js";

export function renderSandboxUp(sandbox: {
  readonly origin: string;
  readonly httpOrigin: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}): Rendered {
  const exports = Object.entries(sandbox.environment).map(
    ([name, value]) => `export ${name}=${quoteForShell(value)}`,
  );
  return {
    // Whoever reads this line may point anything at the sandbox: the secret in it is the sandbox's own.
    data: {
      origin: sandbox.origin,
      httpOrigin: sandbox.httpOrigin,
      directory: sandbox.directory,
      environment: sandbox.environment,
    },
    text: [
      `The sandbox is up: ${sandbox.origin} (state in ${sandbox.directory}). Ctrl-C ends it.`,
      "",
      "Any command of runnerctl uses it with --sandbox. Other clients (terraform, the Azure SDKs) with:",
      "",
      ...exports,
      "",
      "For az, once these are set:",
      "",
      ...describeAzureCli(sandbox.directory),
      "",
      "For gh:",
      "",
      ...describeGithubCli(sandbox),
      "",
      `GitHub App 1, installation 1 of octo-org; its key: ${sandbox.directory}/state/github/app-private-key.pem`,
      `A personal access token: ${sandbox.directory}/state/github/pat`,
      "Queue a workflow job: runnerctl sandbox dispatch hello.yml",
    ].join("\n"),
  };
}

/** A folder of its own: the clouds and sign-ins that somebody has in `~/.azure` stay as they are. */
function describeAzureCli(directory: string): string[] {
  return [
    `export AZURE_CONFIG_DIR=${quoteForShell(`${directory}/az`)}`,
    `az cloud register --name sandbox --cloud-config ${quoteForShell(`@${directory}/az-cloud.json`)}`,
    "az cloud set --name sandbox",
    'az login --service-principal --tenant "$AZURE_TENANT_ID" --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET"',
  ];
}

function describeGithubCli(sandbox: {
  readonly origin: string;
  readonly directory: string;
}): string[] {
  return [
    `export GH_HOST=${new URL(sandbox.origin).host}`,
    `export GH_ENTERPRISE_TOKEN="$(cat ${quoteForShell(`${sandbox.directory}/state/github/pat`)})"`,
  ];
}

function quoteForShell(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
