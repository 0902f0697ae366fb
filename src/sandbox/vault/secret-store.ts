import { randomUUID } from "node:crypto";
import type { Clock, Collection, StateStore } from "../ports.js";
import {
  latestVersion,
  type DeletedSecret,
  type SecretAttributes,
  type SecretRecord,
  type SecretVersion,
} from "./secret-record.js";

export interface SecretSettings {
  readonly contentType?: string;
  readonly tags?: Record<string, string>;
  readonly attributes?: { enabled?: boolean; nbf?: number; exp?: number };
}

/** The secrets of one vault, deleted ones among them; kept in files that only the user can read. */
export class SecretStore {
  private readonly live: Collection<SecretRecord>;
  private readonly deleted: Collection<DeletedSecret>;

  constructor(
    state: StateStore,
    private readonly clock: Clock,
    /** Lower case. */
    private readonly vault: string,
  ) {
    this.live = state.collection<SecretRecord>("vault-secrets");
    this.deleted = state.collection<DeletedSecret>("vault-deleted-secrets");
  }

  find(name: string): SecretRecord | undefined {
    return this.live.get(this.key(name));
  }

  findDeleted(name: string): DeletedSecret | undefined {
    const record = this.deleted.get(this.key(name));
    if (record === undefined || record.scheduledPurgeDate > this.seconds()) return record;
    this.deleted.delete(this.key(name));
    return undefined;
  }

  list(): SecretRecord[] {
    return this.live
      .entries(`${this.vault}/`)
      .map(([, record]) => record)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  listDeleted(): DeletedSecret[] {
    return this.deleted
      .entries(`${this.vault}/`)
      .flatMap(([, record]) => this.findDeleted(record.name) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  set(name: string, value: string, settings: SecretSettings): SecretVersion {
    const now = this.seconds();
    const known = this.find(name);
    const version: SecretVersion = {
      version: randomUUID().replaceAll("-", ""),
      value,
      ...(settings.contentType === undefined ? {} : { contentType: settings.contentType }),
      ...(settings.tags === undefined ? {} : { tags: settings.tags }),
      attributes: mergeAttributes({ enabled: true, created: now, updated: now }, settings),
    };
    this.live.set(this.key(name), {
      name: known?.name ?? name,
      versions: [...(known?.versions ?? []), version],
    });
    return version;
  }

  /** What is not given stays as it is. */
  update(record: SecretRecord, version: string, settings: SecretSettings): SecretVersion {
    const versions = record.versions.map((one): SecretVersion => {
      if (one.version !== version) return one;
      return {
        ...one,
        ...(settings.contentType === undefined ? {} : { contentType: settings.contentType }),
        ...(settings.tags === undefined ? {} : { tags: settings.tags }),
        attributes: mergeAttributes({ ...one.attributes, updated: this.seconds() }, settings),
      };
    });
    this.live.set(this.key(record.name), { ...record, versions });
    return versions.find((one) => one.version === version) ?? latestVersion(record);
  }

  delete(record: SecretRecord, retentionDays: number): DeletedSecret {
    const now = this.seconds();
    const deleted: DeletedSecret = {
      ...record,
      deletedDate: now,
      scheduledPurgeDate: now + retentionDays * 86_400,
    };
    this.deleted.set(this.key(record.name), deleted);
    this.live.delete(this.key(record.name));
    return deleted;
  }

  recover(deleted: DeletedSecret): SecretRecord {
    const record: SecretRecord = { name: deleted.name, versions: deleted.versions };
    this.live.set(this.key(record.name), record);
    this.deleted.delete(this.key(record.name));
    return record;
  }

  purge(deleted: DeletedSecret): void {
    this.deleted.delete(this.key(deleted.name));
  }

  clear(): void {
    for (const collection of [this.live, this.deleted]) {
      for (const [key] of collection.entries(`${this.vault}/`)) collection.delete(key);
    }
  }

  private key(name: string): string {
    return `${this.vault}/${name.toLowerCase()}`;
  }

  private seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }
}

function mergeAttributes(base: SecretAttributes, settings: SecretSettings): SecretAttributes {
  const { enabled, nbf, exp } = settings.attributes ?? {};
  return {
    ...base,
    ...(enabled === undefined ? {} : { enabled }),
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
  };
}
