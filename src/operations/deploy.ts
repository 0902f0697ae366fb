import type { ResolvedConfig } from "../config/types.js";
import { changesResources } from "../domain/stack-change.js";
import type { StackName } from "../domain/stack-names.js";
import { githubSecretMissing } from "../errors/catalogue/credentials.js";
import { platformNotDeployed } from "../errors/catalogue/terraform.js";
import { runStep } from "../output/events.js";
import { applyStack, type AppliedStack, type ApplyDeps } from "./deploy-apply.js";
import { parsePlatformOutputs, type PlatformOutputs } from "./deploy-outputs.js";
import { synth, type SynthesizedStack, type SynthesizeStacks } from "./synth.js";

export interface DeployRequest {
  readonly config: ResolvedConfig;
  readonly outdir: string;
  /** Default: all. */
  readonly stacks?: readonly StackName[];
}

export interface DeployedImage {
  /** By digest. */
  readonly reference: string;
  /** False when the registry had it already. */
  readonly built: boolean;
}

export interface DeployDeps extends ApplyDeps {
  readonly synthesize: SynthesizeStacks;
  /** Makes sure that the image for the present content exists. */
  readonly buildImage: (platform: PlatformOutputs) => Promise<DeployedImage>;
  /** Names of the secrets that the jobs refer to and the vault does not hold. */
  readonly ensureSecrets: (platform: PlatformOutputs) => Promise<readonly string[]>;
  /** Puts a missing secret into the vault, if it can (a prompt, a file); false when it cannot. */
  readonly provideSecret?: (name: string, platform: PlatformOutputs) => Promise<boolean>;
}

export interface DeployResult {
  readonly stacks: readonly AppliedStack[];
  readonly image?: DeployedImage;
  readonly platform?: PlatformOutputs;
  /** False: everything was as it should be. */
  readonly changed: boolean;
}

/**
 * Platform, secret, image, runners: Container Apps refuses a job whose image or secret does not
 * exist yet, so the order is part of the work. Every step leaves alone what is there already.
 */
export async function deploy(request: DeployRequest, deps: DeployDeps): Promise<DeployResult> {
  const { config } = request;
  const wants = (name: StackName) => request.stacks?.includes(name) ?? true;
  const stacks = synth({ config, outdir: request.outdir }, deps).stacks;
  const find = (name: StackName) => stacks.find((stack) => stack.name === name);
  const [platformStack, runnersStack] = [find("platform"), find("runners")];
  const applied: AppliedStack[] = [];

  if (platformStack !== undefined && wants("platform")) {
    applied.push(await deployStack(config, platformStack, {}, deps));
  }
  const platform =
    platformStack === undefined
      ? undefined
      : parsePlatformOutputs(await deps.terraform.readOutputs(platformStack));
  if (runnersStack === undefined || !wants("runners")) return conclude(applied, platform);
  if (platform === undefined) throw platformNotDeployed(config.name);

  await runStep(deps.emit, { id: "deploy.secret", title: "GitHub credential in the vault" }, () =>
    requireSecrets(platform, deps),
  );
  const image = await runStep(deps.emit, { id: "deploy.image", title: "Runner image" }, () =>
    deps.buildImage(platform),
  );
  const variables = { runner_image: image.reference };
  applied.push(await deployStack(config, runnersStack, variables, deps));
  return conclude(applied, platform, image);
}

function deployStack(
  config: ResolvedConfig,
  stack: SynthesizedStack,
  variables: Readonly<Record<string, string>>,
  deps: DeployDeps,
): Promise<AppliedStack> {
  return runStep(deps.emit, { id: `deploy.${stack.name}`, title: `Stack ${stack.name}` }, () =>
    applyStack(config, stack, variables, deps),
  );
}

async function requireSecrets(platform: PlatformOutputs, deps: DeployDeps): Promise<void> {
  for (const name of await deps.ensureSecrets(platform)) {
    const provided = (await deps.provideSecret?.(name, platform)) ?? false;
    if (!provided) throw githubSecretMissing(platform.vaultName, name);
  }
}

function conclude(
  stacks: readonly AppliedStack[],
  platform: PlatformOutputs | undefined,
  image?: DeployedImage,
): DeployResult {
  return {
    stacks,
    ...(platform === undefined ? {} : { platform }),
    ...(image === undefined ? {} : { image }),
    changed:
      image?.built === true ||
      stacks.some(({ change, applied }) => changesResources(change) || applied.length > 0),
  };
}
