import type { SandboxRequest } from "./ports.js";

/** One request that arrived, as `GET /_sandbox/requests` lists it. */
export interface AccessRecord {
  readonly sequence: number;
  readonly time: string;
  readonly listener: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Absent while the request is being answered, and for ever if the connection was cut. */
  status?: number;
  /** Object id of the verified caller. */
  principal?: string;
  userAgent?: string;
  /** Which service answered. */
  service?: string;
  durationMs?: number;
}

const kept = 20_000;

/** What arrived, in order of arrival, for tests to assert on. In memory: a new start, a new log. */
export class AccessLog {
  private readonly records: AccessRecord[] = [];
  private readonly byRequest = new WeakMap<SandboxRequest, AccessRecord>();
  private sequence = 0;

  open(request: SandboxRequest, time: Date): AccessRecord {
    this.sequence += 1;
    const agent = request.headers["user-agent"];
    const record: AccessRecord = {
      sequence: this.sequence,
      time: time.toISOString(),
      listener: request.listener,
      method: request.method,
      path: request.path,
      query: withoutSignature(request.query),
      ...(agent === undefined ? {} : { userAgent: agent }),
    };
    this.byRequest.set(request, record);
    this.records.push(record);
    if (this.records.length > kept) this.records.shift();
    return record;
  }

  noteCaller(request: SandboxRequest, objectId: string): void {
    const record = this.byRequest.get(request);
    if (record !== undefined) record.principal = objectId;
  }

  list(): readonly AccessRecord[] {
    return this.records;
  }

  clear(): void {
    this.records.length = 0;
  }
}

/** A SAS signature is a credential, even here: a log never has one. */
function withoutSignature(query: URLSearchParams): string {
  if (!query.has("sig")) return query.toString();
  const copy = new URLSearchParams(query);
  copy.set("sig", "***");
  return copy.toString();
}
