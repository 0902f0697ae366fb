import {
  SandboxHttpError,
  type Clock,
  type EntraPort,
  type Principal,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import { verifyAssertion } from "./assertion.js";
import type { Directory, DirectoryPrincipal } from "./directory.js";
import { makeEntraError } from "./errors.js";
import type { TokenIssuer } from "./tokens.js";

export interface EntraOptions {
  readonly tenantId: string;
  readonly origin: string;
  readonly clock: Clock;
  readonly ca: string;
  readonly directory: Directory;
  readonly tokens: TokenIssuer;
  /** Told of every caller whose token was verified. */
  readonly noteCaller: (request: SandboxRequest, objectId: string) => void;
}

const defaultLifetime = 3600;
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Resources of the three public clouds that a token can be asked for; beside them the sandbox itself. */
const knownResources = [
  /^https:\/\/management\.(core\.(windows|usgovcloudapi|chinacloudapi)\.(net|cn)|azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)$/,
  /^https:\/\/vault\.(azure\.(net|cn)|usgovcloudapi\.net)$/,
  /^https:\/\/(containerregistry\.azure\.(net|us|cn)|storage\.azure\.com)$/,
  /^https:\/\/api\.loganalytics\.(io|us|azure\.com|azure\.cn)$/,
  /^https:\/\/graph\.(microsoft\.com|windows\.net)$/,
];

export function createEntraService(options: EntraOptions): {
  readonly service: SandboxService;
  readonly port: EntraPort;
} {
  const port = createPort(options);
  return { port, service: { name: "entra", handle: (request) => route(request, options, port) } };
}

const tenantPattern = /^\/([0-9a-zA-Z.-]+)(\/.*)$/;

async function route(
  request: SandboxRequest,
  options: EntraOptions,
  port: EntraPort,
): Promise<SandboxReply | undefined> {
  if (request.listener !== "main") return undefined;
  const match = tenantPattern.exec(request.path);
  if (match === null) return undefined;
  const [, tenant = "", rest = ""] = match;
  // Other rooms publish metadata below names of their own.
  if (request.method === "GET" && !isTenant(tenant, options)) return undefined;
  switch (`${request.method} ${rest.toLowerCase()}`) {
    case "POST /oauth2/v2.0/token":
    case "POST /oauth2/token":
      return { status: 200, headers: noStore, body: await grant(request, tenant, options, port) };
    case "GET /v2.0/.well-known/openid-configuration":
    case "GET /.well-known/openid-configuration":
      return { status: 200, body: describeTenant(tenant, rest, options) };
    case "GET /discovery/v2.0/keys":
    case "GET /discovery/keys":
      return { status: 200, body: options.tokens.jwks() };
    case "GET /discovery/instance":
      return { status: 200, body: describeInstance(tenant, options) };
    default:
      return undefined;
  }
}

function isTenant(name: string, options: EntraOptions): boolean {
  const known = [options.tenantId.toLowerCase(), "adfs", "common", "organizations"];
  return known.includes(name.toLowerCase());
}

const noStore = { "cache-control": "no-store", pragma: "no-cache" };

function createPort(options: EntraOptions): EntraPort {
  return {
    tenantId: options.tenantId,
    authenticate: (request, audiences) => {
      const principal = authenticate(request, audiences, options);
      options.noteCaller(request, principal.objectId);
      return principal;
    },
    issueToken: (claims, lifetimeSeconds = defaultLifetime) =>
      options.tokens.issue(
        {
          aud: trimSlash(claims.audience),
          iss: `${options.origin}/${options.tenantId}/`,
          oid: claims.objectId,
          sub: claims.objectId,
          tid: options.tenantId,
          appid: claims.appId,
          appidacr: "1",
          idtyp: "app",
        },
        lifetimeSeconds,
      ),
    registerPrincipal: (principal) => options.directory.register(principal),
  };
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function grant(
  request: SandboxRequest,
  tenant: string,
  options: EntraOptions,
  port: EntraPort,
): Promise<unknown> {
  checkTenant(tenant, options);
  const form = await request.form();
  const need = (name: string): string => {
    const value = form.get(name);
    if (value !== null && value !== "") return value;
    throw makeEntraError(
      400,
      "invalid_request",
      900144,
      `The request body must contain the following parameter: '${name}'.`,
    );
  };
  if (need("grant_type") !== "client_credentials") {
    throw makeEntraError(
      400,
      "unsupported_grant_type",
      70003,
      "The sandbox grants client_credentials only.",
    );
  }
  const audience = readAudience(form.get("resource") ?? need("scope"), options);
  const principal = findClient(need("client_id"), options);
  await checkClient(principal, form, options);
  const accessToken = port.issueToken({
    objectId: principal.objectId,
    appId: principal.appId,
    audience,
  });
  return {
    token_type: "Bearer",
    expires_in: defaultLifetime,
    ext_expires_in: defaultLifetime,
    ...(form.has("resource") ? { resource: audience } : {}),
    access_token: accessToken,
  };
}

function checkTenant(tenant: string, options: EntraOptions): void {
  if ([options.tenantId.toLowerCase(), "adfs"].includes(tenant.toLowerCase())) return;
  throw makeEntraError(
    400,
    "invalid_request",
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`,
  );
}

function readAudience(scope: string, options: EntraOptions): string {
  const audience = trimSlash(
    scope
      .trim()
      .split(/\s+/)[0]
      ?.replace(/\/\.default$/, "") ?? "",
  );
  const known =
    trimSlash(options.origin) === audience ||
    knownResources.some((pattern) => pattern.test(audience));
  if (known) return audience;
  throw makeEntraError(
    400,
    "invalid_resource",
    500011,
    `The resource principal named ${audience} was not found in the tenant named ${options.tenantId}.`,
  );
}

function findClient(clientId: string, options: EntraOptions): DirectoryPrincipal {
  const principal = options.directory.findByAppId(clientId);
  if (principal !== undefined) return principal;
  throw makeEntraError(
    400,
    "unauthorized_client",
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${options.tenantId}'.`,
  );
}

async function checkClient(
  principal: DirectoryPrincipal,
  form: URLSearchParams,
  options: EntraOptions,
): Promise<void> {
  const assertion = form.get("client_assertion");
  if (assertion !== null) {
    if (form.get("client_assertion_type") !== assertionType) {
      throw makeEntraError(
        400,
        "invalid_request",
        900144,
        "The request body must contain the following parameter: 'client_assertion_type'.",
      );
    }
    const credentials = options.directory.federatedCredentials(principal.appId);
    await verifyAssertion(assertion, credentials, options);
    return;
  }
  const secret = form.get("client_secret");
  if (secret === null) {
    throw makeEntraError(
      401,
      "invalid_client",
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  }
  if (!options.directory.hasSecret(principal, secret)) {
    throw makeEntraError(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${principal.appId}'.`,
    );
  }
}

function describeTenant(tenant: string, rest: string, options: EntraOptions): unknown {
  const version = rest.startsWith("/v2.0") ? "/v2.0" : "";
  const base = `${options.origin}/${tenant}`;
  const adfs = tenant.toLowerCase() === "adfs";
  return {
    issuer: adfs ? base : `${options.origin}/${options.tenantId}${version}`,
    authorization_endpoint: `${base}/oauth2${version}/authorize`,
    token_endpoint: `${base}/oauth2${version}/token`,
    device_authorization_endpoint: `${base}/oauth2${version}/devicecode`,
    jwks_uri: `${base}/discovery${version}/keys`,
    token_endpoint_auth_methods_supported: [
      "client_secret_post",
      "private_key_jwt",
      "client_secret_basic",
    ],
    response_types_supported: ["code", "id_token", "token"],
    response_modes_supported: ["query", "fragment", "form_post"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    tenant_region_scope: null,
    cloud_instance_name: new URL(options.origin).host,
  };
}

function describeInstance(tenant: string, options: EntraOptions): unknown {
  const host = new URL(options.origin).host;
  return {
    tenant_discovery_endpoint: `${options.origin}/${tenant}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

function authenticate(
  request: SandboxRequest,
  audiences: readonly string[],
  options: EntraOptions,
): Principal {
  const refuse = (code: string, message: string): SandboxHttpError =>
    new SandboxHttpError(401, code, message, {
      headers: {
        "www-authenticate": `Bearer authorization_uri="${options.origin}/${options.tenantId}", error="invalid_token", error_description="${message}"`,
      },
    });
  const header = request.headers.authorization;
  if (header === undefined) {
    throw refuse(
      "AuthenticationFailed",
      "Authentication failed. The 'Authorization' header is missing.",
    );
  }
  const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
  const claims = token === undefined ? undefined : options.tokens.verify(token);
  if (claims === undefined) {
    throw refuse("InvalidAuthenticationToken", "The access token is invalid.");
  }
  const now = options.clock.now();
  const expires = Number(claims["exp"]) * 1000;
  if (!(expires > now.getTime())) {
    throw refuse(
      "ExpiredAuthenticationToken",
      `The access token expiry UTC time '${new Date(expires).toISOString()}' is earlier than current UTC time '${now.toISOString()}'.`,
    );
  }
  const audience = trimSlash(String(claims["aud"]));
  // The sandbox's own address stands for whichever resource is asked: some clients derive it.
  if (audience !== options.origin && !audiences.map(trimSlash).includes(audience)) {
    throw refuse(
      "InvalidAuthenticationTokenAudience",
      `The access token has been obtained for wrong audience or resource '${audience}'.`,
    );
  }
  return {
    objectId: String(claims["oid"]),
    tenantId: String(claims["tid"]),
    appId: String(claims["appid"]),
    audience,
  };
}

function trimSlash(text: string): string {
  return text.replace(/\/+$/, "");
}
