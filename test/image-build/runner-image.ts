import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deriveContextFiles, deriveSecretBuildArgs } from "../../src/domain/build-arguments.js";
import { extraCertificate } from "./extra-certificate.js";
import { buildah, type Outcome } from "./container-tools.js";
import { type RunnerMirror, standInVersion } from "./runner-mirror.js";

export interface ImageBuild {
  readonly tag: string;
  readonly base: string;
  readonly mirror: RunnerMirror;
  /** For the context; a folder of the test's own. */
  readonly folder: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly setup?: string;
  readonly secrets?: Readonly<Record<string, string>>;
}

const packageContext = join(import.meta.dirname, "../../docker");

/** docker/ with the files that the configuration adds, built for real. */
export async function buildRunnerImage(build: ImageBuild): Promise<Outcome> {
  const context = join(build.folder, `context-${build.tag}`);
  cpSync(packageContext, context, { recursive: true });
  const script = join(build.folder, `${build.tag}.sh`);
  if (build.setup !== undefined) writeFileSync(script, build.setup);
  const certificate = join(build.folder, "extra.crt");
  writeFileSync(certificate, extraCertificate);
  const settings = {
    context: undefined,
    base: build.base,
    preset: "minimal",
    packages: [],
    setup: build.setup === undefined ? undefined : script,
    certificates: [certificate],
    runnerVersion: standInVersion,
    buildArgs: {},
  };
  for (const { path, source } of deriveContextFiles(settings)) cpSync(source, join(context, path));
  const args = {
    BASE_IMAGE: build.base,
    RUNNER_VERSION: standInVersion,
    RUNNER_SHA256: build.mirror.sha256,
    RUNNER_DOWNLOAD_URL: build.mirror.url,
    ...(build.setup === undefined ? {} : { SETUP: "1" }),
    ...deriveSecretBuildArgs(settings, build.secrets ?? {}),
    ...build.args,
  };
  return await buildah([
    ...["bud", "--isolation=chroot", "--ulimit", "nofile=1024:1024", "--layers"],
    ...Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...["--tag", imageName(build.tag), context],
  ]);
}

export function imageName(tag: string): string {
  return `localhost/runnerctl-test:${tag}`;
}
