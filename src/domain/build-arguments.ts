import { digestOfBase } from "./base-image.js";

/** What of `image` in the configuration decides how docker/Dockerfile is built. */
export interface BuildSettings {
  readonly context: string | undefined;
  readonly base: string | undefined;
  readonly preset: string;
  readonly packages: readonly string[];
  readonly setup: string | undefined;
  readonly certificates: readonly string[];
  readonly runnerVersion: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/**
 * The build arguments that, with the context, decide what a build makes: they are part of its
 * content tag. `latest` is passed on as it is: the tag stands for what is asked, not for what it
 * meant that day.
 */
export function deriveBuildArgs(image: BuildSettings): Record<string, string> {
  return {
    RUNNER_VERSION: image.runnerVersion,
    ...(image.base === undefined ? {} : { BASE_IMAGE: image.base }),
    ...(image.context === undefined ? shippedArgs(image) : {}),
    ...image.buildArgs,
  };
}

/** Only the Dockerfile that comes with runnerctl knows these. */
function shippedArgs(image: BuildSettings): Record<string, string> {
  const digest = digestOfBase(image.base);
  return {
    ...(digest === "" ? {} : { BASE_DIGEST: digest }),
    PRESET: image.preset,
    ...(image.packages.length === 0 ? {} : { PACKAGES: image.packages.join(" ") }),
    ...(image.setup === undefined ? {} : { SETUP: "1" }),
  };
}

export interface BuildStamp {
  /** The content tag. */
  readonly revision: string;
  readonly created: Date;
}

/** With what labels the image, but must not change its content tag. */
export function stampBuildArgs(
  args: Readonly<Record<string, string>>,
  { revision, created }: BuildStamp,
): Record<string, string> {
  return { ...args, REVISION: revision, CREATED: created.toISOString() };
}

/**
 * Build secrets as build arguments, to be passed with `isSecret`. The Dockerfile that comes with
 * runnerctl hands them all to the setup script, whatever their names; another one declares its own.
 */
export function deriveSecretBuildArgs(
  image: Pick<BuildSettings, "context">,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  if (image.context !== undefined || Object.keys(secrets).length === 0) return { ...secrets };
  return { SETUP_SECRETS: Buffer.from(JSON.stringify(secrets)).toString("base64") };
}

/** A file that takes this place in the build context, beside or instead of one that is there. */
export interface ContextFile {
  readonly path: string;
  /** Absolute. */
  readonly source: string;
}

/** What the configuration adds to the context that comes with runnerctl. */
export function deriveContextFiles(image: BuildSettings): ContextFile[] {
  if (image.context !== undefined) return [];
  return [
    ...(image.setup === undefined ? [] : [{ path: "setup.sh", source: image.setup }]),
    ...image.certificates.map((source, index) => ({ path: `ca/extra-${index + 1}.crt`, source })),
  ];
}
