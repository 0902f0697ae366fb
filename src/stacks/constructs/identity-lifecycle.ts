import { Construct } from "constructs";
import { AzapiUpdateResource } from "./azapi.js";
import { validateProps } from "./validation.js";

/** To which containers an identity's tokens are served; `None` still pulls and reads secrets. */
export type LifecyclePhase = "All" | "Init" | "Main" | "None";

export interface IdentityLifecycleProps {
  /** ID of the Container Apps job. */
  readonly jobId: string;
  /**
   * The identities of the job and the phase in which each one's tokens can be had. Azure's default
   * for an identity not named here is `All`: every container.
   */
  readonly settings: readonly { readonly identityId: string; readonly phase: LifecyclePhase }[];
}

/**
 * Keeps a job's identities out of reach of its containers: a workflow step that asks the identity
 * endpoint gets no token. Needs an azapi provider in the stack, because azurerm does not offer it.
 * https://learn.microsoft.com/azure/container-apps/managed-identity#control-managed-identity-availability
 */
export class IdentityLifecycle extends Construct {
  readonly resource: AzapiUpdateResource;

  constructor(scope: Construct, id: string, props: IdentityLifecycleProps) {
    super(scope, id);
    validateProps(this, () => [
      props.settings.length === 0 && "settings: name at least one identity",
      new Set(props.settings.map(({ identityId }) => identityId)).size < props.settings.length &&
        "settings: an identity is named twice",
    ]);
    this.resource = new AzapiUpdateResource(this, "Resource", {
      type: "Microsoft.App/jobs@2025-07-01",
      resourceId: props.jobId,
      body: {
        properties: {
          configuration: {
            identitySettings: props.settings.map(({ identityId, phase }) => ({
              identity: identityId,
              lifecycle: phase,
            })),
          },
        },
      },
    });
  }
}
