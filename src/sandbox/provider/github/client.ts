import { createSign } from "node:crypto";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Reader } from "../engine/reader.js";
import type { HttpClient, HttpReply } from "../http/client.js";
import { asJson, asText, type Json } from "../http/json.js";

const appTokenSeconds = 540;

/** GitHub's REST API at the address that the provider block or the environment gives. */
export class GitHubClient {
  private authorization: Promise<string> | undefined;

  constructor(
    private readonly http: HttpClient,
    /** With a trailing slash: `https://host/api/v3/`. */
    private readonly base: string,
    readonly owner: string,
    private readonly authorize: (client: GitHubClient) => Promise<string>,
  ) {}

  /** Undefined for 404. */
  async find(path: string): Promise<Json | undefined> {
    const reply = await this.send("GET", path);
    if (reply.status === 404) return undefined;
    return this.accept("GET", path, reply);
  }

  async run(method: "POST" | "PUT" | "PATCH", path: string, body?: unknown): Promise<Json> {
    return this.accept(method, path, await this.send(method, path, body));
  }

  async delete(path: string): Promise<void> {
    const reply = await this.send("DELETE", path);
    if (reply.status !== 404) this.accept("DELETE", path, reply);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    authorization?: string,
  ): Promise<HttpReply> {
    this.authorization ??= authorization === undefined ? this.authorize(this) : undefined;
    return this.http.send({
      method,
      url: `${this.base}${path}`,
      headers: {
        accept: "application/vnd.github+json",
        authorization: authorization ?? (await (this.authorization as Promise<string>)),
        "user-agent": "terraform-provider-github",
        "x-github-api-version": "2022-11-28",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private accept(method: string, path: string, reply: HttpReply): Json {
    const body = reply.text === "" ? {} : asJson(parse(reply.text));
    if (reply.status >= 200 && reply.status < 300) return body;
    const errors = body["errors"] === undefined ? "" : ` ${JSON.stringify(body["errors"])}`;
    throw new DiagnosticError(
      `${method} ${this.base}${path}: ${reply.status} ${asText(body["message"]) ?? ""}${errors}`,
    );
  }
}

export function openGitHub(settings: Reader, http: HttpClient): GitHubClient {
  const given = settings.text("base_url") ?? process.env["GITHUB_BASE_URL"];
  if (given === undefined || given === "") {
    throw new DiagnosticError("no GitHub to talk to: GITHUB_BASE_URL is not set", {
      detail: "This is the sandbox's stand-in for the provider; it does not reach api.github.com.",
    });
  }
  const base = given.replace(/\/*$/, "/");
  const owner =
    settings.text("owner") ?? settings.text("organization") ?? process.env["GITHUB_OWNER"] ?? "";
  // A GitHub Enterprise Server has its API below the web's address.
  const api = /\/api\/v3\/$/.test(base) ? base : `${base}api/v3/`;
  return new GitHubClient(http, api, owner, (client) => authorize(settings, client));
}

async function authorize(settings: Reader, client: GitHubClient): Promise<string> {
  const token = settings.text("token") ?? process.env["GITHUB_TOKEN"];
  const app = settings.block("app_auth");
  if (app === undefined) {
    if (token === undefined || token === "") throw new DiagnosticError("GITHUB_TOKEN is not set");
    return `Bearer ${token}`;
  }
  const path = `app/installations/${app.requiredText("installation_id")}/access_tokens`;
  const jwt = signAppToken(app.requiredText("id"), app.requiredText("pem_file"));
  const reply = await client.send("POST", path, {}, `Bearer ${jwt}`);
  const issued = asText(asJson(parse(reply.text))["token"]);
  if (reply.status !== 201 || issued === undefined) {
    throw new DiagnosticError(
      `the GitHub App ${app.text("id")} got no installation token: status ${reply.status}`,
    );
  }
  return `Bearer ${issued}`;
}

/** https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function signAppToken(appId: string, key: string): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = part({ alg: "RS256", typ: "JWT" });
  const claims = part({ iss: appId, iat: now - 60, exp: now + appTokenSeconds });
  const signature = createSign("RSA-SHA256").update(`${head}.${claims}`).sign(key, "base64url");
  return `${head}.${claims}.${signature}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
}
