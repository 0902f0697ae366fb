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
      "Any command of runnerctl uses it with --sandbox. Other clients (terraform, az, SDKs) with:",
      "",
      ...exports,
      "",
      `GitHub App 1, installation 1 of octo-org; its key: ${sandbox.directory}/state/github/app-private-key.pem`,
      `A personal access token: ${sandbox.directory}/state/github/pat`,
      "Queue a workflow job: runnerctl sandbox dispatch hello.yml",
    ].join("\n"),
  };
}

function quoteForShell(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
