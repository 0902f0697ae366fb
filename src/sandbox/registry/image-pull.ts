import { mkdirSync } from "node:fs";
import { SandboxHttpError, type BuiltImage, type SandboxContext } from "../ports.js";
import { readConfigDocument, readEnv } from "./image-config.js";
import { parseImageReference } from "./image-reference.js";
import type { Registries } from "./registries.js";

/**
 * Pulls as Container Apps does, with an identity's own rights; the errors are worded as its API
 * gives them when a job's image cannot be had.
 */
export function pullImage(
  ctx: SandboxContext,
  registries: Registries,
  image: string,
  identityId: string | undefined,
): BuiltImage {
  const reference = parseImageReference(image);
  if (reference === undefined) throw refuse(image, "could not parse reference");
  const registry =
    reference.registry === undefined ? undefined : registries.findByLoginServer(reference.registry);
  if (registry === undefined) {
    throw refuse(
      image,
      `Get "https://${reference.registry ?? "index.docker.io"}/v2/": no such host (the sandbox reaches its own registries only)`,
    );
  }
  const target = reference.digest ?? reference.tag ?? "latest";
  const address = `GET https://${registry.loginServer}/v2/${reference.repository}/manifests/${target}`;
  const principal = identityId === undefined ? undefined : principalOf(ctx, identityId);
  const allowed =
    principal !== undefined &&
    ctx.rbac.allows(principal, "Microsoft.ContainerRegistry/registries/pull/read", registry.id);
  if (!allowed) {
    throw refuse(
      image,
      `${address}: UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization for more information.`,
    );
  }
  const images = registries.images(registry.name);
  const manifest = images.resolve(reference.repository, target);
  if (manifest === undefined) {
    const known = images.repository(reference.repository) !== undefined;
    throw refuse(
      image,
      known
        ? `${address}: MANIFEST_UNKNOWN: manifest ${reference.digest === undefined ? `tagged by "${target}"` : target} is not found`
        : `${address}: NAME_UNKNOWN: repository "${reference.repository}" is not found`,
    );
  }
  const config = images.readBlob(manifest.references[0] ?? "");
  const settings = readConfigDocument(
    config === undefined ? {} : JSON.parse(config.toString("utf8")),
  );
  const rootfs = images.rootfsDirectory(manifest.digest);
  mkdirSync(rootfs, { recursive: true });
  return {
    digest: manifest.digest,
    rootfs,
    env: readEnv(settings),
    entrypoint: settings.Entrypoint,
    cmd: settings.Cmd,
    workdir: settings.WorkingDir === "" ? "/" : settings.WorkingDir,
    user: settings.User,
  };
}

function principalOf(ctx: SandboxContext, identityId: string): string | undefined {
  const identity = ctx.arm.find(identityId);
  const principal = identity?.properties["principalId"] ?? identity?.identity?.principalId;
  return typeof principal === "string" ? principal : undefined;
}

function refuse(image: string, reason: string): SandboxHttpError {
  return new SandboxHttpError(
    400,
    "InvalidParameterValueInContainerTemplate",
    `The following field(s) are either invalid or missing. Field 'template.containers.image' is invalid with details: 'Invalid value: "${image}": ${reason}'.`,
  );
}
