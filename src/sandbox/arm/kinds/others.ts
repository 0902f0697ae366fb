import { randomUUID } from "node:crypto";
import { makeArmError } from "../errors.js";
import type { ArmRoom, ResourceKind } from "../kind.js";

const storageType = "Microsoft.Storage/storageAccounts";

/** Resources of which this product needs little more than that they are kept. */
export function defineOthers(room: ArmRoom): ResourceKind[] {
  const storage: ResourceKind = {
    type: storageType,
    location: "required",
    names: { pattern: /^[a-z0-9]{3,24}$/, rule: "must be 3 to 24 lower-case letters and digits" },
    prepare({ name, body, existing }) {
      if (existing === undefined && room.isTaken(storageType, name)) {
        throw makeArmError(
          409,
          "StorageAccountAlreadyTaken",
          `The storage account named ${name} is already taken.`,
        );
      }
      return {
        creationTime: room.ctx.clock.now().toISOString(),
        primaryLocation: body.location,
        statusOfPrimary: "available",
        supportsHttpsTrafficOnly: true,
        minimumTlsVersion: "TLS1_2",
        allowBlobPublicAccess: false,
        ...existing?.properties,
        ...body.properties,
        primaryEndpoints: { blob: `${room.ctx.origin}/blob/${name}/` },
      };
    },
  };
  const plain: [type: string, location: "required" | "none"][] = [
    [`${storageType}/blobServices`, "none"],
    [`${storageType}/blobServices/containers`, "none"],
    [`${storageType}/fileServices`, "none"],
    [`${storageType}/fileServices/shares`, "none"],
    ["Microsoft.Insights/scheduledQueryRules", "required"],
    ["Microsoft.Insights/actionGroups", "required"],
    ["Microsoft.Insights/diagnosticSettings", "none"],
    ["Microsoft.Insights/components", "required"],
    ["Microsoft.Portal/dashboards", "required"],
    ["Microsoft.Authorization/locks", "none"],
  ];
  return [
    storage,
    ...plain.map(([type, location]): ResourceKind => ({ type, location })),
    {
      type: "Microsoft.Insights/workbooks",
      location: "required",
      prepare: ({ body, existing }) => ({
        revision: existing?.properties["revision"] ?? randomUUID().replaceAll("-", ""),
        ...body.properties,
      }),
    },
  ];
}
