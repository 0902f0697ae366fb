import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Collection } from "../ports.js";

/** A federated credential of an application or a managed identity. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

export interface DirectoryPrincipal {
  readonly objectId: string;
  readonly appId: string;
  readonly displayName: string;
  /** Digests: the directory cannot tell a secret, as the real one cannot. */
  readonly secretDigests?: readonly string[];
}

/** The service principals of the tenant, by application id and by object id. */
export class Directory {
  constructor(
    private readonly records: Collection<DirectoryPrincipal>,
    /** Where federated credentials of managed identities are kept: Resource Manager's room. */
    private readonly federated: (appId: string) => readonly FederatedCredential[],
  ) {}

  register(principal: { objectId: string; appId: string; displayName: string }): void {
    const known = this.findByAppId(principal.appId);
    this.records.set(principal.objectId.toLowerCase(), { ...known, ...principal });
  }

  forget(objectId: string): void {
    this.records.delete(objectId.toLowerCase());
  }

  /** A new application with a secret, as `az ad sp create-for-rbac` makes one. */
  create(displayName: string): { objectId: string; appId: string; secret: string } {
    const made = {
      objectId: randomUUID(),
      appId: randomUUID(),
      secret: randomBytes(30).toString("base64url"),
    };
    this.register({ objectId: made.objectId, appId: made.appId, displayName });
    this.addSecret(made.appId, made.secret);
    return made;
  }

  addSecret(appId: string, secret: string): void {
    const found = this.findByAppId(appId);
    if (found === undefined) return;
    const secretDigests = [...new Set([...(found.secretDigests ?? []), digest(secret)])];
    this.records.set(found.objectId.toLowerCase(), { ...found, secretDigests });
  }

  findByAppId(appId: string): DirectoryPrincipal | undefined {
    const wanted = appId.toLowerCase();
    return this.records.entries().find(([, found]) => found.appId.toLowerCase() === wanted)?.[1];
  }

  findByObjectId(objectId: string): DirectoryPrincipal | undefined {
    return this.records.get(objectId.toLowerCase());
  }

  list(): DirectoryPrincipal[] {
    return this.records.entries().map(([, principal]) => principal);
  }

  hasSecret(principal: DirectoryPrincipal, secret: string): boolean {
    const given = Buffer.from(digest(secret));
    return (principal.secretDigests ?? []).some((known) =>
      timingSafeEqual(Buffer.from(known), given),
    );
  }

  federatedCredentials(appId: string): readonly FederatedCredential[] {
    return this.federated(appId);
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
