import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ResolvedConfig } from "../../src/config/types.js";
import type { StackName } from "../../src/domain/stack-names.js";
import type { ConfirmChanges } from "../../src/operations/deploy-apply.js";
import { deploy, type DeployResult } from "../../src/operations/deploy.js";
import type { InspectedGroup } from "../../src/operations/destroy-orphans.js";
import { destroy, type DestroyResult } from "../../src/operations/destroy.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { synthesizeStacks } from "../../src/stacks/app.js";
import { findTerraform } from "../../src/terraform/binary.js";
import { createTerraformRunner } from "../../src/terraform/run.js";
import { writeProviderMirror } from "../../src/sandbox/provider/mirror.js";
import {
  startFakeArm,
  subscriptionId,
  uuidOf,
  type Call,
  type FakeArm,
  type Intercept,
} from "../sandbox/provider/fake-arm.js";
import type { Bench } from "../sandbox/provider/terraform-cli.js";
import { defaultPool, makeConfig } from "../support/config.js";

const officer = {
  id: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${uuidOf("officer")}`,
  name: uuidOf("officer"),
  properties: {
    roleName: "Key Vault Secrets Officer",
    type: "BuiltInRole",
    permissions: [],
    assignableScopes: ["/"],
  },
};

/** The deployer's own role, which no other test of the fake needs. */
const serveOfficer: Intercept = ({ path, query }: Call) => {
  const key = path.toLowerCase();
  if (key === officer.id.toLowerCase()) return { status: 200, body: officer };
  const asked = key.endsWith("/roledefinitions") && query.get("$filter")?.includes("Officer");
  return asked === true ? { status: 200, body: { value: [officer] } } : undefined;
};

export interface RealDeployment {
  readonly arm: FakeArm;
  readonly directory: string;
  readonly events: RunnerctlEvent[];
  /** Kinds and addresses, each time somebody was asked. */
  readonly asked: string[][];
  /** Answers before the fake does; undefined again when it has done its work. */
  intercept: Intercept | undefined;
  deploy(stacks?: readonly StackName[]): Promise<DeployResult>;
  destroy(): Promise<DestroyResult>;
}

/** The operations over real Terraform, the real schemas, and a cloud in this process. */
export async function openDeployment(
  bench: Bench,
  environment: Readonly<Record<string, string>> = {},
): Promise<RealDeployment> {
  const directory = mkdtempSync(join(tmpdir(), "deployment-"));
  const arm = await startFakeArm();
  onTestFinished(async () => {
    await arm.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { cliConfigFile } = await writeProviderMirror(join(bench.folder, "terraform"), {
    node: process.execPath,
    program: bench.program,
  });
  const env = {
    PATH: process.env["PATH"],
    HOME: directory,
    TMPDIR: tmpdir(),
    TF_DISABLE_PLUGIN_TLS: "1",
    TF_CLI_CONFIG_FILE: cliConfigFile,
    ...arm.environment,
    ...environment,
  };
  const config: ResolvedConfig = makeConfig({
    subscription: subscriptionId,
    state: { backend: "local", path: join(directory, "state") },
    pools: [
      defaultPool,
      { ...defaultPool, name: "queue", trigger: { type: "queue", pollingIntervalSeconds: 30 } },
    ],
  });
  const events: RunnerctlEvent[] = [];
  const asked: string[][] = [];
  const emit = (event: RunnerctlEvent) => void events.push(event);
  const terraform = createTerraformRunner({
    binary: await findTerraform(env),
    env,
    workDirectory: join(directory, "plans"),
    emit,
  });
  const deps = {
    emit,
    terraform,
    synthesize: synthesizeStacks,
    confirm: ({ changes }: Parameters<ConfirmChanges>[0]) => {
      asked.push(
        changes.flatMap((one) => one.changes.map(({ kind, address }) => `${kind} ${address}`)),
      );
      return Promise.resolve(true);
    },
  };
  const request = { config, outdir: directory };
  const opened: RealDeployment = {
    arm,
    directory,
    events,
    asked,
    intercept: undefined,
    deploy: (stacks) =>
      deploy(
        { ...request, ...(stacks === undefined ? {} : { stacks }) },
        {
          ...deps,
          sleep: () => Promise.resolve(),
          ensureSecrets: () => Promise.resolve([]),
          buildImage: ({ loginServer }) =>
            Promise.resolve({
              reference: `${loginServer}/runner@sha256:${"a".repeat(64)}`,
              built: false,
            }),
        },
      ),
    destroy: () =>
      destroy(request, {
        ...deps,
        inspectGroup: (name) => Promise.resolve(inspect(arm, name)),
      }),
  };
  arm.intercept = async (call) => (await opened.intercept?.(call)) ?? serveOfficer(call);
  return opened;
}

function inspect(arm: FakeArm, name: string): InspectedGroup | undefined {
  const id = `/subscriptions/${subscriptionId}/resourcegroups/${name}`;
  const read = (key: string) => {
    const body = arm.resources.get(key) as { id: string; tags?: Record<string, string> };
    return { id: body.id, tags: body.tags ?? {} };
  };
  if (!arm.resources.has(id)) return undefined;
  const resources = [...arm.resources.keys()].filter((key) => key.startsWith(`${id}/`)).map(read);
  return { ...read(id), resources };
}
