import {
  type CommandDefinition,
  InvalidArgument,
  type OptionDefinition,
  parseDuration,
  parsePort,
  parsePositiveInteger,
} from "./definition.js";

/* Every command: its words, flags and where its code is. Code is imported when the command runs. */

const yes: OptionDefinition = { flags: "-y, --yes", description: "go ahead without asking" };

const stack: OptionDefinition = {
  flags: "--stack <name>",
  description: "only this stack: platform or runners (may be repeated)",
  repeat: true,
};

// https://learn.microsoft.com/rest/api/containerregistry/registries/schedule-run#dockerbuildrequest
function parseBuildTimeout(text: string): number {
  const seconds = parseDuration(text);
  if (seconds < 300 || seconds > 28_800) {
    throw new InvalidArgument(`an ACR Task may run from 5m to 8h, got ${JSON.stringify(text)}`);
  }
  return seconds;
}

function parseAgentCpu(text: string): number {
  const count = parsePositiveInteger(64)(text);
  if (count < 2) throw new InvalidArgument("an agent has 2 cores at least");
  return count;
}

export const commandList: readonly CommandDefinition[] = [
  {
    usage: "init",
    summary: "write a commented runnerctl.yaml",
    details: "Asks for what is not given by flags when there is a terminal.",
    options: [
      { flags: "--name <name>", description: "name of the deployment" },
      { flags: "--location <region>", description: "Azure region, such as westeurope" },
      { flags: "--subscription <id>", description: "Azure subscription ID" },
      { flags: "--owner <owner>", description: "GitHub user, organization or enterprise" },
      { flags: "--repositories <names>", description: "repositories served, separated by commas" },
      { flags: "--github-url <url>", description: "GitHub's address, for GHES and GHE.com" },
      { flags: "--auth <type>", description: "app or pat" },
      { flags: "--app-id <id>", description: "GitHub App ID" },
      { flags: "--installation-id <id>", description: "GitHub App installation ID" },
      { flags: "--trigger <type>", description: "manual or queue" },
      { flags: "--force", description: "overwrite an existing file" },
    ],
    examples: [
      "runnerctl init --name ci --location westeurope --owner octo-org --repositories hello",
    ],
    load: async () => (await import("./init.js")).runInit,
  },
  {
    usage: "deploy",
    summary: "create or update everything in Azure, then build the image if it changed",
    details:
      "Shows each plan and asks before applying it. After a failure, run it again: it goes on.",
    options: [
      stack,
      {
        flags: "--secret-file <path>",
        description: "App key or token for the vault, when it is not there yet",
      },
      yes,
    ],
    examples: ["runnerctl deploy", "runnerctl deploy --secret-file app.private-key.pem --yes"],
    load: async () => (await import("./deploy.js")).runDeploy,
  },
  {
    usage: "plan",
    summary: "show what deploy would change",
    options: [
      stack,
      { flags: "--check", description: "exit 7 when anything would change (drift)" },
    ],
    load: async () => (await import("./plan.js")).runPlan,
  },
  {
    usage: "synth",
    summary: "write the Terraform JSON of the stacks",
    options: [
      stack,
      { flags: "-o, --output <folder>", description: "where to write (default: .runnerctl)" },
    ],
    load: async () => (await import("./synth.js")).runSynth,
  },
  {
    usage: "destroy",
    summary: "remove everything that deploy created",
    options: [stack, yes],
    load: async () => (await import("./destroy.js")).runDestroy,
  },
  {
    usage: "build-image",
    summary: "build the runner image with an ACR Task; no local Docker",
    details: "Nothing is built when the registry holds an image of the same content.",
    options: [
      {
        flags: "--context <context>",
        description: "a folder, an archive (- for standard input), or a repository's https address",
      },
      { flags: "-f, --file <path>", description: "the Dockerfile, inside the context" },
      { flags: "--target <stage>", description: "build this stage of the Dockerfile" },
      {
        flags: "--build-arg <name=value>",
        description: "build argument; a name alone takes its value from the environment",
        repeat: true,
      },
      {
        flags: "--secret-build-arg <name>",
        description: "secret one, from the environment, or name=@file",
        repeat: true,
      },
      {
        flags: "--platform <platform>",
        description: "linux/amd64; linux/arm64 for a --context that is not for these jobs",
      },
      {
        flags: "-t, --tag <tag>",
        description: "tag instead of current: tag or repository:tag (may be repeated)",
        repeat: true,
      },
      { flags: "--no-cache", description: "build every layer anew" },
      { flags: "--force", description: "build even when the content is in the registry" },
      { flags: "--no-wait", description: "do not wait for the end of the build" },
      {
        flags: "--timeout <duration>",
        description: "longest build, from 5m to 8h (default: image.timeout)",
        parse: parseBuildTimeout,
      },
      {
        flags: "--agent-cpu <n>",
        description: "cores of the build's agent",
        parse: parseAgentCpu,
      },
    ],
    examples: [
      "runnerctl build-image",
      "runnerctl build-image --context ./image --build-arg NODE=22 --tag test",
      "runnerctl build-image --context https://github.com/octo-org/images.git#main:runner",
      "tar -c -C image . | runnerctl build-image --context - --secret-build-arg NPM_TOKEN",
    ],
    load: async () => (await import("./build-image.js")).runBuildImage,
  },
  {
    usage: "images list",
    summary: "list the runner images in the registry",
    details: "Newest first, with age, version of the runner and the jobs that use each.",
    load: async () => (await import("./images-list.js")).runImagesList,
  },
  {
    usage: "images promote <image>",
    summary: "make an image the current one",
    details:
      "Moves the tag `current` to the image with this tag or digest; nothing is pulled or pushed.",
    examples: [
      "runnerctl images promote c-0123456789abcdef",
      "runnerctl images promote sha256:4fbb8e6a8395",
    ],
    load: async () => (await import("./images-promote.js")).runImagesPromote,
  },
  {
    usage: "images rollback",
    summary: "make the image before the current one current again",
    load: async () => (await import("./images-promote.js")).runImagesRollback,
  },
  {
    usage: "images prune",
    summary: "delete images that nobody needs",
    details:
      "Never what a job uses, the current image, or the newest ones. Shows what would go first.",
    options: [
      {
        flags: "--keep <n>",
        description: "how many of the newest stay (default: image.keep)",
        parse: parsePositiveInteger(10_000),
      },
      yes,
    ],
    load: async () => (await import("./images-prune.js")).runImagesPrune,
  },
  {
    usage: "trigger [pool]",
    summary: "start runners of a pool",
    details: "The pool may be left out when there is only one.",
    options: [
      {
        flags: "-n, --count <n>",
        description: "how many runners",
        parse: parsePositiveInteger(1000),
        default: 1,
      },
      {
        flags: "-w, --wait",
        description: "wait for the end; exit 7 unless every execution succeeded",
      },
      {
        flags: "--timeout <duration>",
        description: "longest wait, such as 30m (default: the pool's timeout)",
        parse: parseDuration,
      },
    ],
    examples: ["runnerctl trigger default --wait", "runnerctl trigger build --count 5"],
    load: async () => (await import("./trigger.js")).runTrigger,
  },
  {
    usage: "status",
    summary: "show pools, executions and the image",
    load: async () => (await import("./status.js")).runStatus,
  },
  {
    usage: "logs [execution]",
    summary: "print what runners logged",
    options: [
      {
        flags: "--pool <name>",
        description: "all executions of a pool (default without an execution: the only pool)",
      },
      { flags: "--container <name>", description: "only this container: mint or runner" },
      {
        flags: "--since <duration>",
        description: "how far back, such as 2h (default: the execution's start, or 1h)",
        parse: parseDuration,
      },
      {
        flags: "--tail <n>",
        description: "only the newest lines",
        parse: parsePositiveInteger(30_000),
      },
      {
        flags: "-f, --follow",
        description: "go on with new lines until the execution's end or Ctrl-C",
      },
    ],
    examples: ["runnerctl logs caj-ci-default-abc1234", "runnerctl logs --pool default --follow"],
    load: async () => (await import("./logs.js")).runLogs,
  },
  {
    usage: "secret set",
    summary: "put the GitHub App key or token into Key Vault",
    details: "Read from standard input, or from a file; never from an argument.",
    options: [
      { flags: "--file <path>", description: "read the secret from a file" },
      { flags: "--no-verify", description: "do not try the secret against GitHub" },
    ],
    examples: [
      "runnerctl secret set --file app.private-key.pem",
      "gh auth token | runnerctl secret set",
    ],
    load: async () => (await import("./secret-set.js")).runSecretSet,
  },
  {
    usage: "sandbox up",
    summary: "run the local Azure and GitHub until Ctrl-C",
    details: "Prints how to point a shell at it.",
    options: [
      {
        flags: "--port <port>",
        description: "HTTPS port (0: any free one)",
        parse: parsePort,
        default: 8443,
      },
      {
        flags: "--http-port <port>",
        description: "HTTP port (0: any free one)",
        parse: parsePort,
        default: 8080,
      },
    ],
    load: async () => (await import("./sandbox-up.js")).runSandboxUp,
  },
  {
    usage: "sandbox dispatch [workflow]",
    summary: "queue a workflow run in the running sandbox's GitHub",
    details:
      "The workflow is a file of the repository, or a file of yours that is put there first (default: hello.yml).",
    options: [
      {
        flags: "--input <name=value>",
        description: "input of the workflow (may be repeated)",
        repeat: true,
      },
      {
        flags: "--repository <owner/name>",
        description: "which repository",
        default: "octo-org/hello",
      },
    ],
    load: async () => (await import("./sandbox-dispatch.js")).runSandboxDispatch,
  },
  {
    usage: "sandbox reset",
    summary: "forget everything the sandbox holds",
    options: [yes],
    load: async () => (await import("./sandbox-reset.js")).runSandboxReset,
  },
];

/** Flags of every command. */
export const globalOptions: readonly OptionDefinition[] = [
  {
    flags: "-c, --config <file>",
    description: "configuration file (default: runnerctl.yaml, or RUNNERCTL_CONFIG)",
  },
  { flags: "--sandbox", description: "use the local sandbox instead of Azure and GitHub" },
  { flags: "--json", description: "print one JSON object on stdout" },
  { flags: "-v, --verbose", description: "print details of what is done" },
  { flags: "--debug", description: "print details and stack traces" },
  { flags: "--no-color", description: "no colour (NO_COLOR does the same)" },
];
