import type { Principal, SandboxRequest } from "../ports.js";
import type { Groups } from "./groups.js";
import type { ArmRoom } from "./kind.js";
import type { Operations } from "./operations.js";
import type { ArmPath } from "./path.js";
import type { Providers } from "./providers.js";
import type { Resources } from "./resources.js";
import type { Authorization } from "./role-assignments.js";

/** What the routes of Resource Manager work with. */
export interface ArmParts {
  readonly room: ArmRoom;
  readonly resources: Resources;
  readonly operations: Operations;
  readonly authorization: Authorization;
  readonly groups: Groups;
  readonly providers: Providers;
}

export interface Call {
  readonly request: SandboxRequest;
  readonly path: ArmPath;
  readonly caller: Principal;
}
