export interface SecretAttributes {
  enabled: boolean;
  /** Seconds since 1970, as on the wire. */
  nbf?: number;
  exp?: number;
  readonly created: number;
  updated: number;
}

export interface SecretVersion {
  readonly version: string;
  readonly value: string;
  contentType?: string;
  tags?: Record<string, string>;
  attributes: SecretAttributes;
}

export interface SecretRecord {
  /** As first spelled; names differ by more than case. */
  readonly name: string;
  /** Oldest first. */
  readonly versions: SecretVersion[];
}

export interface DeletedSecret extends SecretRecord {
  readonly deletedDate: number;
  readonly scheduledPurgeDate: number;
}

export interface RecoveryPolicy {
  readonly recoveryLevel: string;
  readonly recoverableDays: number;
}

export function latestVersion(record: SecretRecord): SecretVersion {
  const latest = record.versions.at(-1);
  if (latest === undefined) throw new Error(`The secret ${record.name} has no version.`);
  return latest;
}

/** `id`, attributes and the rest, without the value: what listings show. */
export function itemBody(
  id: string,
  version: SecretVersion,
  policy: RecoveryPolicy,
): Record<string, unknown> {
  return {
    id,
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    attributes: { ...version.attributes, ...policy },
    ...(version.tags === undefined ? {} : { tags: version.tags }),
  };
}

/** https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle */
export function bundleBody(
  id: string,
  version: SecretVersion,
  policy: RecoveryPolicy,
): Record<string, unknown> {
  return { value: version.value, ...itemBody(id, version, policy) };
}
