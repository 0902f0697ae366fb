import { join } from "node:path";

import { buildImage, startImageBuild } from "../operations/build-image.js";
import { renderBuildImage, renderStartedBuild } from "../output/views/build-image.js";
import { readBuildArguments, readSecretArguments } from "./build-arguments.js";
import type { CommandHandler } from "./definition.js";
import { readNumber, readString, readStrings } from "./options.js";

export const runBuildImage: CommandHandler = async (context, { options }) => {
  const { runtime, shell, emit, signal } = context;
  const { raw: env } = await context.environment();
  const given = readBuildArguments(readStrings(options["buildArg"]), env);
  const secrets = await readSecretArguments(
    readStrings(options["secretBuildArg"]),
    env,
    runtime.cwd,
  );
  Object.values(secrets).forEach((secret) => shell.redactor.register(secret));
  for (const name of given.unset) {
    emit({
      name: "image.buildArg.unset",
      level: "warn",
      message: `The build argument ${name} is not set in the environment, and is left out`,
    });
  }
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const request = {
    image: config.image,
    names,
    defaultContext: join(runtime.packageRoot, "docker"),
    force: options["force"] === true,
    // `--no-cache` arrives as `cache: false`.
    noCache: options["cache"] === false,
    overrides: {
      context: readString(options["context"]),
      dockerfile: readString(options["file"]),
      target: readString(options["target"]),
      platform: readString(options["platform"]),
      buildArgs: given.values,
      secrets,
      tags: readStrings(options["tag"]),
      timeoutSeconds: readNumber(options["timeout"]),
      agentCpu: readNumber(options["agentCpu"]),
      cwd: runtime.cwd,
      stdin: runtime.stdin,
    },
  };
  const deps = { connection, emit, signal, registerSecret: shell.redactor.register };
  if (options["wait"] !== false) return renderBuildImage(await buildImage(request, deps));
  const result = await startImageBuild(request, deps);
  return "started" in result ? renderStartedBuild(result) : renderBuildImage(result);
};
