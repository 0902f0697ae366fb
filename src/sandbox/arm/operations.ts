import { randomUUID } from "node:crypto";
import type { Clock, Collection, SandboxReply, SandboxRequest, StateStore } from "../ports.js";
import { makeArmError } from "./errors.js";

/** Work that Resource Manager accepts and finishes later. Kept, so that a restart finishes it. */
export interface OperationRecord {
  readonly id: string;
  readonly kind: "create" | "update" | "delete" | "purge";
  readonly resourceId: string;
  readonly startTime: string;
  /** Milliseconds of the sandbox's time. */
  readonly readyAt: number;
  settled: boolean;
}

export interface OperationOptions {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly seconds: number;
  /** Does what the operation was accepted for. */
  readonly settle: (operation: OperationRecord) => Promise<void>;
}

/**
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
 */
export class Operations {
  private readonly records: Collection<OperationRecord>;

  constructor(private readonly options: OperationOptions) {
    this.records = options.state.collection("arm.operations");
  }

  begin(kind: OperationRecord["kind"], resourceId: string): OperationRecord {
    const now = this.options.clock.now();
    const record: OperationRecord = {
      id: randomUUID(),
      kind,
      resourceId,
      startTime: now.toISOString(),
      readyAt: now.getTime() + this.options.seconds * 1000,
      settled: false,
    };
    this.records.set(record.id, record);
    return record;
  }

  /** Finishes whatever is due. Called before each request, so no timer is needed. */
  async settleDue(): Promise<void> {
    const now = this.options.clock.now().getTime();
    for (const [id, record] of this.records.entries()) {
      if (record.settled || record.readyAt > now) continue;
      this.records.set(id, { ...record, settled: true });
      await this.options.settle(record);
    }
  }

  /** Drops the open work of a resource, because newer work replaces it. */
  supersede(resourceId: string): void {
    for (const [id, record] of this.records.entries()) {
      if (record.settled || record.resourceId.toLowerCase() !== resourceId.toLowerCase()) continue;
      this.records.set(id, { ...record, settled: true });
    }
  }

  headers(
    request: SandboxRequest,
    operation: OperationRecord,
    how: "Azure-AsyncOperation" | "Location",
    base: string,
  ): Record<string, string> {
    const folder = how === "Location" ? "operationResults" : "operationStatuses";
    const version = encodeURIComponent(request.query.get("api-version") ?? "");
    return {
      [how]: `${request.url.origin}${base}/${folder}/${operation.id}?api-version=${version}`,
      "retry-after": String(Math.ceil(this.options.seconds)),
    };
  }

  /** Answers `…/operationStatuses/{id}` and `…/operationResults/{id}`. */
  reply(
    request: SandboxRequest,
    folder: string,
    id: string,
    findResource: (id: string) => unknown,
  ): SandboxReply {
    const record = this.records.get(id.toLowerCase());
    if (record === undefined) {
      throw makeArmError(404, "OperationNotFound", `The operation '${id}' was not found.`);
    }
    const retry = { "retry-after": String(Math.ceil(this.options.seconds)) };
    if (folder.toLowerCase() === "operationstatuses") {
      return {
        status: 200,
        ...(record.settled ? {} : { headers: retry }),
        body: {
          id: request.path,
          name: record.id,
          status: record.settled ? "Succeeded" : "InProgress",
          startTime: record.startTime,
          ...(record.settled ? { endTime: new Date(record.readyAt).toISOString() } : {}),
        },
      };
    }
    if (!record.settled) {
      return { status: 202, headers: { location: request.url.href, ...retry } };
    }
    const resource = record.kind === "delete" ? undefined : findResource(record.resourceId);
    if (resource !== undefined) return { status: 200, body: resource };
    return { status: record.kind === "delete" || record.kind === "purge" ? 200 : 204 };
  }
}
