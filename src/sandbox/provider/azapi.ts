import { ArmClient } from "./arm/client.js";
import { openArmConnection } from "./arm/connection.js";
import { TokenSource } from "./arm/token.js";
import { createContext } from "./engine/context.js";
import type { ProviderDefinition } from "./engine/provider.js";
import { HttpClient } from "./http/client.js";
import { azapiResource } from "./resources/azapi-resource.js";
import { azapiResourceAction } from "./resources/azapi-resource-action.js";
import { azapiUpdateResource } from "./resources/azapi-update-resource.js";
import {
  azapiResourceActionData,
  azapiResourceData,
  azapiResourceListData,
} from "./resources/data-azapi-resource.js";
import { azapiClientConfig, azapiResourceId } from "./resources/data-client.js";
import { loadProviderSchema } from "./schema/load.js";

export function defineAzapi(): ProviderDefinition {
  return {
    name: "azapi",
    schema: loadProviderSchema("azapi"),
    legacyTypes: false,
    resources: [azapiResource, azapiResourceAction, azapiUpdateResource],
    data: [
      azapiClientConfig,
      azapiResourceActionData,
      azapiResourceData,
      azapiResourceId,
      azapiResourceListData,
    ],
    async connect(settings, life) {
      const http = new HttpClient(life);
      const connection = await openArmConnection(settings, http);
      const arm = new ArmClient(connection, new TokenSource(connection, http), http);
      return createContext(settings, life, { arm });
    },
  };
}
