import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { Principal, SandboxContext, SandboxReply, SandboxRequest } from "../ports.js";
import type { OpenRegistry } from "./registries.js";
import { registryError } from "./registry-errors.js";

export interface AccessEntry {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

interface TokenClaims {
  readonly kind: "refresh" | "access";
  readonly aud: string;
  readonly oid: string;
  readonly exp: number;
  readonly access?: readonly AccessEntry[];
}

const provider = "Microsoft.ContainerRegistry/registries";

/** Scope actions of a token → the ARM action whose grant gives them. AcrPull, AcrPush and AcrDelete are made of these three. */
const actionOf: Readonly<Record<string, string>> = {
  pull: `${provider}/pull/read`,
  metadata_read: `${provider}/pull/read`,
  "*": `${provider}/pull/read`,
  push: `${provider}/push/write`,
  metadata_write: `${provider}/push/write`,
  delete: `${provider}/artifacts/delete`,
};

/**
 * The registry's own tokens: an Entra token is exchanged for a refresh token, and that for access
 * tokens of narrow scope. https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 */
export class RegistryTokens {
  constructor(
    private readonly ctx: SandboxContext,
    private readonly key: () => Buffer,
  ) {}

  /** `POST /oauth2/exchange` */
  async exchange(request: SandboxRequest, registry: OpenRegistry): Promise<SandboxReply> {
    const form = await request.form();
    const grant = form.get("grant_type");
    if (grant !== "access_token" && grant !== "access_token_refresh_token") {
      throw registryError(400, "UNSUPPORTED", `The grant_type '${grant ?? ""}' is not served.`);
    }
    this.checkService(form, registry);
    const principal = this.authenticate(request, form.get("access_token") ?? "");
    const known = Object.values(actionOf).some((action) =>
      this.ctx.rbac.allows(principal.objectId, action, registry.id),
    );
    if (!known) throw unauthorized();
    const token = this.issue({
      kind: "refresh",
      aud: registry.loginServer,
      oid: principal.objectId,
      exp: this.seconds() + 3 * 3600,
    });
    return { status: 200, body: { refresh_token: token } };
  }

  /** `POST /oauth2/token`, and `GET` with the refresh token as a password, as Docker sends it. */
  async token(request: SandboxRequest, registry: OpenRegistry): Promise<SandboxReply> {
    const form = request.method === "GET" ? request.query : await request.form();
    this.checkService(form, registry);
    const refresh =
      form.get("refresh_token") ?? basicPassword(request) ?? form.get("password") ?? "";
    const claims = this.verify(refresh, registry, "refresh");
    if (claims === undefined) throw unauthorized();
    const access = form
      .getAll("scope")
      .flatMap((scope) => scope.split(/\s+/))
      .flatMap(parseScope)
      .map((entry) => this.narrow(entry, claims.oid, registry))
      .filter((entry) => entry.actions.length > 0);
    const token = this.issue({
      kind: "access",
      aud: registry.loginServer,
      oid: claims.oid,
      exp: this.seconds() + 3600,
      access,
    });
    return { status: 200, body: { access_token: token, token, expires_in: 3600 } };
  }

  /** Throws the 401 challenge unless the request's token covers every wanted action. */
  authorize(
    request: SandboxRequest,
    registry: OpenRegistry,
    wanted: AccessEntry | undefined,
  ): void {
    const header = request.headers.authorization ?? "";
    const claims = header.startsWith("Bearer ")
      ? this.verify(header.slice(7), registry, "access")
      : undefined;
    const covered =
      claims !== undefined &&
      (wanted === undefined ||
        wanted.actions.every((action) =>
          claims.access?.some(
            (entry) =>
              entry.type === wanted.type &&
              entry.name === wanted.name &&
              entry.actions.includes(action),
          ),
        ));
    if (covered) return;
    const scope =
      wanted === undefined
        ? ""
        : `,scope="${wanted.type}:${wanted.name}:${wanted.actions.join(",")}"`;
    const error =
      header === ""
        ? ""
        : `,error="${claims === undefined ? "invalid_token" : "insufficient_scope"}"`;
    throw unauthorized(
      `Bearer realm="https://${registry.loginServer}/oauth2/token",service="${registry.loginServer}"${scope}${error}`,
      wanted,
    );
  }

  private authenticate(request: SandboxRequest, token: string): Principal {
    try {
      return this.ctx.entra.authenticate(
        { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } },
        [
          "https://containerregistry.azure.net",
          "https://management.azure.com",
          "https://management.core.windows.net",
          this.ctx.origin,
        ],
      );
    } catch {
      throw unauthorized();
    }
  }

  private checkService(form: URLSearchParams, registry: OpenRegistry): void {
    if (form.get("service") === registry.loginServer) return;
    throw registryError(
      400,
      "UNSUPPORTED",
      `service must be '${registry.loginServer}', not '${form.get("service") ?? ""}'.`,
    );
  }

  private narrow(entry: AccessEntry, objectId: string, registry: OpenRegistry): AccessEntry {
    const actions = entry.actions.filter((name) => {
      const action = actionOf[name];
      return action !== undefined && this.ctx.rbac.allows(objectId, action, registry.id);
    });
    return { ...entry, actions };
  }

  private issue(claims: TokenClaims): string {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = encode({ alg: "HS256", typ: "JWT" });
    const body = encode({
      ...claims,
      iss: "Azure Container Registry",
      jti: randomUUID(),
      iat: this.seconds(),
      nbf: this.seconds() - 900,
    });
    return `${head}.${body}.${this.signature(`${head}.${body}`)}`;
  }

  private verify(
    token: string,
    registry: OpenRegistry,
    kind: TokenClaims["kind"],
  ): TokenClaims | undefined {
    const [head = "", body = "", signature = ""] = token.split(".");
    const expected = Buffer.from(this.signature(`${head}.${body}`));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as TokenClaims;
    const valid =
      claims.kind === kind && claims.aud === registry.loginServer && claims.exp > this.seconds();
    return valid ? claims : undefined;
  }

  private signature(text: string): string {
    return createHmac("sha256", this.key()).update(text).digest("base64url");
  }

  private seconds(): number {
    return Math.floor(this.ctx.clock.now().getTime() / 1000);
  }
}

/** `repository:team/app:pull,push`; a repository's name may itself hold no colon. */
function parseScope(scope: string): AccessEntry[] {
  const match = /^([a-z]+):(.+):([^:]+)$/.exec(scope);
  if (match === null) return [];
  return [{ type: match[1] ?? "", name: match[2] ?? "", actions: (match[3] ?? "").split(",") }];
}

function basicPassword(request: SandboxRequest): string | undefined {
  const match = /^Basic (.+)$/i.exec(request.headers.authorization ?? "");
  if (match === null) return undefined;
  const text = Buffer.from(match[1] ?? "", "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}

function unauthorized(challenge?: string, wanted?: AccessEntry): Error {
  const detail = wanted?.actions.map((action) => ({
    Type: wanted.type,
    Class: "",
    Name: wanted.name,
    Action: action,
  }));
  return registryError(
    401,
    "UNAUTHORIZED",
    "authentication required, visit https://aka.ms/acr/authorization for more information.",
    {
      ...(detail === undefined ? {} : { detail }),
      ...(challenge === undefined ? {} : { headers: { "WWW-Authenticate": challenge } }),
    },
  );
}
