import type { Collection, SandboxReply, SandboxRequest, StateStore } from "../ports.js";
import { makeArmError } from "./errors.js";
import { locations } from "./locations.js";
import { replyWithPage } from "./paging.js";

/**
 * The version each provider is modelled after; clients that are given none take the newest listed.
 * Requests may carry any other.
 */
const apiVersions: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.App": ["2025-07-01"],
  "Microsoft.Authorization": ["2022-04-01"],
  "Microsoft.ContainerRegistry": ["2025-04-01", "2019-06-01-preview"],
  "Microsoft.Insights": ["2023-03-15-preview"],
  "Microsoft.KeyVault": ["2023-02-01"],
  "Microsoft.ManagedIdentity": ["2024-11-30"],
  "Microsoft.Network": ["2025-01-01"],
  "Microsoft.OperationalInsights": ["2022-10-01"],
  "Microsoft.Portal": ["2020-09-01-preview"],
  "Microsoft.Resources": ["2023-07-01"],
  "Microsoft.Storage": ["2023-05-01"],
};

/** The resource providers of the subscription and whether each is registered. */
export class Providers {
  private readonly states: Collection<string>;

  constructor(
    state: StateStore,
    /** Types by namespace, as the kinds declare them. */
    private readonly types: ReadonlyMap<string, readonly string[]>,
  ) {
    this.states = state.collection("arm.providers");
  }

  handle(
    request: SandboxRequest,
    subscription: string,
    namespace: string | undefined,
    action: string | undefined,
  ): SandboxReply {
    if (namespace === undefined) {
      return replyWithPage(
        request,
        [...this.types.keys()].map((name) => this.describe(subscription, name)),
      );
    }
    const known = [...this.types.keys()].find(
      (name) => name.toLowerCase() === namespace.toLowerCase(),
    );
    if (known === undefined) {
      throw makeArmError(
        404,
        "InvalidResourceNamespace",
        `The resource namespace '${namespace}' is invalid.`,
      );
    }
    if (request.method === "POST" && action?.toLowerCase() === "register") {
      this.states.set(known, "Registered");
    } else if (request.method === "POST" && action?.toLowerCase() === "unregister") {
      this.states.set(known, "NotRegistered");
    }
    return { status: 200, body: this.describe(subscription, known) };
  }

  /** https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider */
  requireRegistered(namespace: string, subscription: string): void {
    if (this.stateOf(namespace) === "Registered") return;
    throw makeArmError(
      409,
      "MissingSubscriptionRegistration",
      `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions. (${subscription})`,
    );
  }

  private stateOf(namespace: string): string {
    const known = this.states
      .entries()
      .find(([name]) => name.toLowerCase() === namespace.toLowerCase());
    return known?.[1] ?? "Registered";
  }

  private describe(subscription: string, namespace: string): unknown {
    return {
      id: `/subscriptions/${subscription}/providers/${namespace}`,
      namespace,
      registrationState: this.stateOf(namespace),
      registrationPolicy: "RegistrationRequired",
      resourceTypes: (this.types.get(namespace) ?? []).map((resourceType) => ({
        resourceType,
        locations: [...locations],
        apiVersions: apiVersions[namespace] ?? [],
        capabilities: "None",
      })),
    };
  }
}
