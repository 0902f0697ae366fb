import type { Reader } from "../engine/reader.js";
import { asText } from "../http/json.js";
import type { ArmClient } from "./client.js";

const apiVersion = "2022-09-01";

/**
 * Registers the resource providers that the provider block names and the subscription lacks. What a
 * subscription does not list at all is left alone, as azurerm does with `registrations = "none"`.
 */
export async function registerResourceProviders(arm: ArmClient, settings: Reader): Promise<void> {
  const wanted = settings.texts("resource_providers_to_register") ?? [];
  if (wanted.length === 0) return;
  const root = `/subscriptions/${arm.subscriptionId}/providers`;
  const listed = (await arm.find(root, apiVersion))?.["value"];
  const states = new Map(
    (Array.isArray(listed) ? listed : []).map((item: Record<string, unknown>) => [
      asText(item["namespace"])?.toLowerCase() ?? "",
      asText(item["registrationState"]),
    ]),
  );
  for (const namespace of wanted) {
    const state = states.get(namespace.toLowerCase());
    if (state === undefined || state === "Registered") continue;
    await arm.run("POST", `${root}/${namespace}/register`, apiVersion, undefined);
  }
}
