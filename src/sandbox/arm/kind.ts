import type { ArmResource, SandboxContext, SandboxReply, SandboxRequest } from "../ports.js";
import type { ResourceStore } from "./store.js";

/** What every kind of resource is given. */
export interface ArmRoom {
  readonly ctx: SandboxContext;
  readonly store: ResourceStore;
  readonly tenantId: string;
  /** Names that somebody else holds, of types whose names are unique in all of Azure. */
  isTaken(type: string, name: string): boolean;
  registerPrincipal(principal: { objectId: string; appId: string; displayName: string }): void;
  forgetPrincipal(objectId: string): void;
}

export type Properties = Record<string, unknown>;

/** A create or an update, after the checks that all resources share. */
export interface WriteInput {
  readonly id: string;
  readonly name: string;
  readonly location: string | undefined;
  /** The whole resource as it is to be: for a PATCH, already merged. */
  readonly body: ArmResource;
  readonly existing: ArmResource | undefined;
  /** Throws `LinkedAuthorizationFailed` unless the caller may also do this elsewhere. */
  requireLinked(action: string, scope: string): void;
}

export interface ActionInput {
  readonly resource: ArmResource;
  readonly request: SandboxRequest;
  /** What follows the action's name in the path. */
  readonly rest: readonly string[];
}

/** How one type of resource differs from any other. */
export interface ResourceKind {
  readonly type: string;
  readonly location: "required" | "none";
  readonly names?: { readonly pattern: RegExp; readonly rule: string };
  /** Work that is accepted and finished later; without it the answer is final. */
  readonly write?: { readonly how: AsyncHeader; readonly state: string };
  readonly remove?: AsyncHeader;
  /** Where its operations are asked for; the default is the provider's own place in the location. */
  readonly operations?: string;
  /** Checks the properties and completes them with what Azure adds. */
  prepare?(input: WriteInput): Properties | Promise<Properties>;
  /** What a reader sees of it. */
  present?(resource: ArmResource): ArmResource;
  /** Throws when it may not go yet. */
  checkDelete?(resource: ArmResource): void;
  /** It is gone: whatever hangs on it goes too. */
  removed?(resource: ArmResource, request?: SandboxRequest): Promise<void> | void;
  /** The permission for something below it, where the provider does not name it after the path. */
  permission?(method: string, rest: readonly string[]): string | undefined;
  /** After a start of the sandbox; answers the resource if it changed. */
  reopen?(resource: ArmResource): Promise<ArmResource | undefined>;
  /** `POST {id}/{action}`, by name in lower case. */
  readonly actions?: Readonly<
    Record<string, (input: ActionInput) => Promise<SandboxReply> | SandboxReply>
  >;
  /** `GET {id}/{collection}` for collections that are no resources of their own. */
  readonly views?: Readonly<
    Record<string, (input: ActionInput) => Promise<SandboxReply> | SandboxReply>
  >;
}

export type AsyncHeader = "Azure-AsyncOperation" | "Location";

/** The object at a path inside a JSON value, or an empty one. */
export function readObject(value: unknown, ...path: readonly string[]): Properties {
  let found = value;
  for (const step of path) found = (found as Properties | null | undefined)?.[step];
  return typeof found === "object" && found !== null && !Array.isArray(found)
    ? (found as Properties)
    : {};
}

/** The list of objects at a path, or an empty one. */
export function readList(value: unknown, ...path: readonly string[]): Properties[] {
  const last = path.at(-1) ?? "";
  const found = readObject(value, ...path.slice(0, -1))[last];
  return Array.isArray(found)
    ? found.filter((item): item is Properties => typeof item === "object" && item !== null)
    : [];
}
