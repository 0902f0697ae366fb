import { randomUUID } from "node:crypto";
import type {
  ArmResource,
  SandboxContext,
  SandboxReply,
  SandboxRequest,
  SandboxService,
} from "../ports.js";

export type Phase = "Init" | "Main";

interface Grant {
  readonly job: ArmResource;
  readonly phase: Phase;
  readonly settings: readonly { readonly identity: string; readonly lifecycle: string }[];
}

interface Identity {
  readonly resourceId: string;
  readonly clientId: string;
  readonly principalId: string;
}

/**
 * The endpoint where a container gets tokens for its job's identities.
 * https://learn.microsoft.com/azure/container-apps/managed-identity#rest-endpoint-reference
 */
export class IdentityEndpoint implements SandboxService {
  readonly name = "identity";
  private readonly grants = new Map<string, Grant>();

  constructor(private readonly context: SandboxContext) {}

  get url(): string {
    return `${this.context.httpOrigin}/msi/token`;
  }

  /** A header of its own for each container: it says who asks and in which phase. */
  open(
    job: ArmResource,
    phase: Phase,
    settings: Grant["settings"],
  ): { readonly endpoint: string; readonly header: string } | undefined {
    if (listIdentities(job).length === 0) return undefined;
    const header = randomUUID();
    this.grants.set(header, { job, phase, settings });
    return { endpoint: this.url, header };
  }

  revoke(header: string): void {
    this.grants.delete(header);
  }

  handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.path.replace(/\/$/, "") !== "/msi/token") return Promise.resolve(undefined);
    return Promise.resolve(this.answer(request));
  }

  private answer(request: SandboxRequest): SandboxReply {
    const header = request.headers["x-identity-header"];
    const grant = typeof header === "string" ? this.grants.get(header) : undefined;
    if (grant === undefined)
      return refuse(403, "The X-IDENTITY-HEADER header is missing or wrong.");
    if (request.method !== "GET") return refuse(405, "Only GET is allowed.");
    if (request.query.get("api-version") !== "2019-08-01") {
      return refuse(400, "The api-version must be 2019-08-01.");
    }
    const resource = request.query.get("resource");
    if (resource === null || resource === "")
      return refuse(400, "The resource parameter is missing.");
    const identity = chooseIdentity(grant.job, request.query);
    if (identity === undefined || !isAvailable(identity, grant)) {
      return refuse(400, "Unable to load the requested managed identity.");
    }
    return {
      status: 200,
      body: {
        access_token: this.context.entra.issueToken({
          objectId: identity.principalId,
          appId: identity.clientId,
          audience: resource.replace(/\/$/, ""),
        }),
        client_id: identity.clientId,
        expires_on: String(Math.floor(this.context.clock.now().getTime() / 1000) + 3600),
        resource,
        token_type: "Bearer",
      },
    };
  }
}

/** The setting decides when a container can have tokens; pulls and secret references do without it. */
function isAvailable(identity: Identity, grant: Grant): boolean {
  const setting = grant.settings.find(
    (each) => each.identity.toLowerCase() === identity.resourceId.toLowerCase(),
  );
  const lifecycle = setting?.lifecycle.toLowerCase() ?? "all";
  return lifecycle === "all" || lifecycle === grant.phase.toLowerCase();
}

/** Without a parameter that names one, the system-assigned identity is meant. */
function chooseIdentity(job: ArmResource, query: URLSearchParams): Identity | undefined {
  const clientId = query.get("client_id");
  const principalId = query.get("principal_id") ?? query.get("object_id");
  const resourceId = query.get("mi_res_id") ?? query.get("msi_res_id");
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  return listIdentities(job).find((each) => {
    if (clientId !== null) return same(each.clientId, clientId);
    if (principalId !== null) return same(each.principalId, principalId);
    if (resourceId !== null) return same(each.resourceId, resourceId);
    return each.resourceId === "system";
  });
}

function listIdentities(job: ArmResource): Identity[] {
  const { identity } = job;
  if (identity === undefined) return [];
  const assigned = Object.entries(identity.userAssignedIdentities ?? {}).map(
    ([resourceId, { clientId, principalId }]) => ({ resourceId, clientId, principalId }),
  );
  return identity.principalId === undefined
    ? assigned
    : [
        ...assigned,
        {
          resourceId: "system",
          clientId: identity.principalId,
          principalId: identity.principalId,
        },
      ];
}

/** The shape in which the platform's endpoint words its refusals. */
function refuse(statusCode: number, message: string): SandboxReply {
  return { status: statusCode, body: { statusCode, message, correlationId: randomUUID() } };
}
