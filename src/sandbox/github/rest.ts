import { createHash, randomUUID } from "node:crypto";
import { SandboxHttpError, type SandboxReply, type SandboxRequest } from "../ports.js";
import { authorize, describeNeed, findTarget, type Need } from "./access.js";
import { checkBody, checkQuery, findOperation, hasValidPath, isKnownPath } from "./contract.js";
import { makeGithubError, makeNotFound } from "./errors.js";
import { describeWindow, type RateWindow } from "./rate-limit.js";
import type { GithubParts, RouteTable } from "./route.js";
import { authenticate, type Caller } from "./tokens.js";

const apiVersion = "2022-11-28";
const prefix = "/api/v3";

/** The REST API of a GitHub Enterprise Server host, below `/api/v3`. */
export class RestApi {
  constructor(
    private readonly parts: GithubParts,
    private readonly routes: RouteTable,
  ) {}

  async handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.path !== prefix && !request.path.startsWith(`${prefix}/`)) return undefined;
    const exchange: Exchange = {
      caller: { kind: "anonymous" },
      window: undefined,
      need: undefined,
    };
    try {
      const reply = await this.answer(request, exchange);
      return this.finish(request, reply, exchange);
    } catch (error) {
      if (!(error instanceof SandboxHttpError)) throw error;
      const reply: SandboxReply = {
        status: error.status,
        ...(error.options.headers === undefined ? {} : { headers: error.options.headers }),
        // Malformed JSON is found by the request itself, in the shape of another API.
        body: error.code.startsWith("GitHub")
          ? error.options.body
          : makeGithubError(400, "Problems parsing JSON").options.body,
      };
      return this.finish(request, reply, exchange);
    }
  }

  private async answer(request: SandboxRequest, exchange: Exchange): Promise<SandboxReply> {
    if (request.headers["user-agent"] === undefined) {
      throw makeGithubError(
        403,
        "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
      );
    }
    checkApiVersion(request);
    const path = request.path.slice(prefix.length) || "/";
    const match = findOperation(request.method === "HEAD" ? "GET" : request.method, path);
    if (match === undefined && isKnownPath(path)) throw makeNotFound();
    const route = match === undefined ? undefined : this.routes[match.operation.id];
    if (match === undefined || route === undefined) {
      throw makeGithubError(501, `The sandbox does not serve ${request.method} ${path}.`);
    }
    exchange.caller = authenticate(this.parts.store, request.headers);
    // Asking for the limit does not count against it.
    exchange.window =
      match.operation.id === "rate-limit/get"
        ? this.parts.limiter.look(exchange.caller)
        : this.parts.limiter.take(exchange.caller);
    exchange.need = route.need;
    const { operation } = match;
    const target = findTarget(this.parts.store, exchange.caller, match.path, operation.docs);
    authorize(this.parts.store, exchange.caller, route.need, target, operation.docs);
    if (!hasValidPath(match)) throw makeNotFound(operation.docs);
    checkQuery(operation, request.query);
    const body = checkBody(
      operation,
      operation.body === undefined ? undefined : await request.json(),
    );
    const { caller } = exchange;
    return await route.handle({
      request,
      operation,
      path: match.path,
      body,
      caller,
      target,
      docs: operation.docs,
    });
  }

  /** The headers that every answer has, and `ETag` with what follows from it. */
  private finish(request: SandboxRequest, reply: SandboxReply, exchange: Exchange): SandboxReply {
    const { caller, need } = exchange;
    const bytes = encode(reply.body);
    const etag =
      request.method === "GET" && reply.status === 200
        ? `W/"${createHash("sha256").update(bytes).digest("hex")}"`
        : undefined;
    const unchanged = etag !== undefined && request.headers["if-none-match"] === etag;
    // A conditional request counts only when there was something new, and only for those signed in.
    if (unchanged && caller.kind !== "anonymous")
      exchange.window = this.parts.limiter.giveBack(caller);
    const isText = typeof reply.body === "string" || Buffer.isBuffer(reply.body);
    return {
      status: unchanged ? 304 : reply.status,
      headers: {
        ...(isText || reply.body === undefined
          ? {}
          : { "content-type": "application/json; charset=utf-8" }),
        "x-github-request-id": randomUUID().toUpperCase(),
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": apiVersion,
        "x-github-enterprise-version": "3.19.0",
        ...(exchange.window === undefined ? {} : describeWindow(exchange.window)),
        ...(need === undefined ? {} : describeNeed(need)),
        ...describeToken(caller),
        ...(etag === undefined ? {} : { etag }),
        ...reply.headers,
      },
      ...(unchanged || reply.body === undefined ? {} : { body: isText ? reply.body : bytes }),
    };
  }
}

/** What is learnt of a request on its way, and stands in the answer's headers. */
interface Exchange {
  caller: Caller;
  window: RateWindow | undefined;
  need: Need | undefined;
}

function encode(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? null), "utf8");
}

/** https://docs.github.com/rest/about-the-rest-api/api-versions */
function checkApiVersion(request: SandboxRequest): void {
  const asked = request.headers["x-github-api-version"];
  if (asked === undefined || asked === apiVersion) return;
  throw makeGithubError(
    400,
    `API version ${JSON.stringify(asked)} is not supported. This host supports ${apiVersion}.`,
    { docs: "https://docs.github.com/rest/about-the-rest-api/api-versions" },
  );
}

function describeToken(caller: Caller): Record<string, string> {
  if (caller.kind !== "token") return {};
  const { token } = caller;
  const personal = token.kind === "classic" || token.kind === "fine-grained";
  return {
    ...(token.kind === "classic" ? { "x-oauth-scopes": token.scopes.join(", ") } : {}),
    ...(personal && token.expiresAt !== null
      ? {
          "github-authentication-token-expiration": `${token.expiresAt.slice(0, 10)} ${token.expiresAt.slice(11, 19)} UTC`,
        }
      : {}),
  };
}
