import type { AzureConnection } from "../azure/connection.js";
import { createResourceGroupReader } from "../azure/resource-groups.js";
import type { DestroyDeps } from "./destroy.js";

/** The port through which destroy looks into the deployment's resource group. */
export function inspectGroupOf(connection: AzureConnection): DestroyDeps["inspectGroup"] {
  return (name) => createResourceGroupReader(connection).inspect(name);
}
