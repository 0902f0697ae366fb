import { randomBytes, randomUUID } from "node:crypto";
import type { ArmResource, Collection, SandboxRequest } from "../../ports.js";
import type { ArmRoom, ResourceKind } from "../kind.js";
import { workspaceType } from "../type-names.js";

export interface WorkspaceKeys {
  readonly primarySharedKey: string;
  readonly secondarySharedKey: string;
}

/** Kept for fourteen days, unless deleted with `force`: https://learn.microsoft.com/azure/azure-monitor/logs/delete-workspace */
export function deletedWorkspaces(room: ArmRoom): Collection<ArmResource> {
  return room.ctx.state.collection("arm.deleted-workspaces");
}

export function readWorkspaceKeys(room: ArmRoom, id: string): WorkspaceKeys {
  const keys = room.ctx.state.collection<WorkspaceKeys>("arm.workspace-keys");
  let found = keys.get(id.toLowerCase());
  if (found === undefined) {
    found = {
      primarySharedKey: randomBytes(64).toString("base64"),
      secondarySharedKey: randomBytes(64).toString("base64"),
    };
    keys.set(id.toLowerCase(), found);
  }
  return found;
}

/** https://learn.microsoft.com/rest/api/loganalytics/workspaces */
export function defineWorkspace(room: ArmRoom): ResourceKind[] {
  const { ctx } = room;
  const keys = ({ resource }: { resource: ArmResource }) => ({
    status: 200,
    body: readWorkspaceKeys(room, resource.id),
  });
  const workspace: ResourceKind = {
    type: workspaceType,
    location: "required",
    names: {
      pattern: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
      rule: "must be 4 to 63 letters, digits and hyphens, with no hyphen at either end",
    },
    write: { how: "Azure-AsyncOperation", state: "Creating" },
    prepare({ id, body, existing }) {
      const now = ctx.clock.now().toISOString();
      const removed = deletedWorkspaces(room);
      // A workspace of the same name in the same group is the deleted one, come back.
      const recovered = existing === undefined ? removed.get(id.toLowerCase()) : undefined;
      if (recovered !== undefined) removed.delete(id.toLowerCase());
      const before = existing ?? recovered;
      return {
        customerId: before?.properties["customerId"] ?? randomUUID(),
        createdDate: before?.properties["createdDate"] ?? now,
        retentionInDays: 30,
        publicNetworkAccessForIngestion: "Enabled",
        publicNetworkAccessForQuery: "Enabled",
        workspaceCapping: { dailyQuotaGb: -1, dataIngestionStatus: "RespectQuota" },
        features: { enableLogAccessUsingOnlyResourcePermissions: true },
        ...body.properties,
        sku: {
          name: "PerGB2018",
          ...(body.properties["sku"] as object | undefined),
          lastSkuUpdate: now,
        },
        modifiedDate: now,
      };
    },
    removed(resource, request?: SandboxRequest) {
      if (request?.query.get("force")?.toLowerCase() === "true") {
        ctx.state.collection<WorkspaceKeys>("arm.workspace-keys").delete(resource.id.toLowerCase());
      } else deletedWorkspaces(room).set(resource.id.toLowerCase(), resource);
    },
    actions: { sharedkeys: keys, listkeys: keys },
  };
  return [
    workspace,
    { type: `${workspaceType}/tables`, location: "none" },
    { type: `${workspaceType}/savedSearches`, location: "none" },
    { type: `${workspaceType}/linkedServices`, location: "none" },
  ];
}
