import {
  SandboxHttpError,
  type LogsPort,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import { LogStore } from "./log-store.js";
import { createQueryService } from "./query-service.js";

/** How long rows stay unseen after they were sent, by default: minutes in Azure. */
const defaultDelaySeconds = 0.2;

/** Log Analytics: rows from executions in, KQL out. */
export function createLogsRoom(
  ctx: SandboxContext,
  _options: { packageRoot: string },
): { services: SandboxService[]; port: LogsPort } {
  const stores = new Map<string, LogStore>();
  const storeOf = (customerId: string): LogStore => {
    const key = customerId.toLowerCase();
    let store = stores.get(key);
    if (store === undefined) {
      store = new LogStore(ctx.state, ctx.clock, key);
      stores.set(key, store);
    }
    return store;
  };
  const settings = () => ctx.state.collection<number>("logs-settings");
  const delaySeconds = () => settings().get("ingestionDelaySeconds") ?? defaultDelaySeconds;

  /** `GET` and `PUT /_sandbox/logs` `{ingestionDelaySeconds}`: how late rows appear. */
  async function control(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.path !== "/_sandbox/logs") return undefined;
    if (request.method === "PUT") {
      const body = (await request.json()) as { ingestionDelaySeconds?: unknown } | undefined;
      const seconds = body?.ingestionDelaySeconds;
      if (typeof seconds !== "number" || !(seconds >= 0)) {
        throw new SandboxHttpError(
          400,
          "InvalidSetting",
          "`ingestionDelaySeconds` must be a number of seconds, 0 or more.",
        );
      }
      settings().set("ingestionDelaySeconds", seconds);
    }
    return { status: 200, body: { ingestionDelaySeconds: delaySeconds() } };
  }

  return {
    services: [createQueryService(ctx, storeOf), { name: "logs-control", handle: control }],
    port: {
      ingest: (customerId, rows) => storeOf(customerId).append(rows, delaySeconds() * 1000),
    },
  };
}
