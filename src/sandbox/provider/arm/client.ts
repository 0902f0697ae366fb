import { randomUUID } from "node:crypto";
import { retryAfterMilliseconds, type HttpClient, type HttpReply } from "../http/client.js";
import { asJson, asText, type Json } from "../http/json.js";
import type { ArmConnection } from "./connection.js";
import { ArmError, armErrorOfOperation, armErrorOfReply } from "./errors.js";
import type { TokenSource } from "./token.js";

export interface ArmOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const pollMilliseconds = 1000;

/**
 * Azure Resource Manager: requests, and the operations that go on after the answer.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
 */
export class ArmClient {
  constructor(
    readonly connection: ArmConnection,
    readonly tokens: TokenSource,
    private readonly http: HttpClient,
  ) {}

  get subscriptionId(): string {
    return this.connection.subscriptionId;
  }

  async claims(): Promise<Json> {
    return this.tokens.claims(this.connection.audience);
  }

  /** Undefined for 404. */
  async find(
    path: string,
    apiVersion: string,
    options: ArmOptions = {},
  ): Promise<Json | undefined> {
    const reply = await this.send("GET", path, apiVersion, undefined, options);
    if (reply.status === 404) return undefined;
    if (reply.status !== 200) throw armErrorOfReply(reply);
    return parseJson(reply.text);
  }

  async get(path: string, apiVersion: string, options: ArmOptions = {}): Promise<Json> {
    const reply = await this.send("GET", path, apiVersion, undefined, options);
    if (reply.status !== 200) throw armErrorOfReply(reply);
    return parseJson(reply.text);
  }

  /** Every page of a listing. */
  async list(path: string, apiVersion: string, options: ArmOptions = {}): Promise<Json[]> {
    const items: Json[] = [];
    let page = await this.get(path, apiVersion, options);
    for (;;) {
      items.push(...((page["value"] as Json[] | undefined) ?? []));
      const next = asText(page["nextLink"]);
      if (next === undefined || next === "") return items;
      page = parseJson((await this.sendTo("GET", next)).text);
    }
  }

  /** Sends and waits until the operation has ended; the answer is the operation's result, if any. */
  async run(
    method: "PUT" | "PATCH" | "POST",
    path: string,
    apiVersion: string,
    body: unknown,
    options: ArmOptions = {},
  ): Promise<Json> {
    const reply = await this.send(method, path, apiVersion, body, options);
    if (reply.status < 200 || reply.status > 299) throw armErrorOfReply(reply);
    const result = await this.follow(reply);
    if (method === "POST") return result ?? parseJson(reply.text);
    return this.awaitProvisioned(path, apiVersion, result ?? parseJson(reply.text));
  }

  /** Deletes and waits; gone already is as good. */
  async delete(path: string, apiVersion: string, options: ArmOptions = {}): Promise<void> {
    const reply = await this.send("DELETE", path, apiVersion, undefined, options);
    if (reply.status === 404) return;
    if (reply.status < 200 || reply.status > 299) throw armErrorOfReply(reply);
    await this.follow(reply);
  }

  private async send(
    method: string,
    path: string,
    apiVersion: string,
    body: unknown,
    options: ArmOptions,
  ): Promise<HttpReply> {
    const url = new URL(`${this.connection.resourceManager}${encodeURI(path)}`);
    url.searchParams.set("api-version", apiVersion);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      url.searchParams.set(name, value);
    }
    return this.sendTo(method, url.href, body, options.headers);
  }

  private async sendTo(
    method: string,
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply> {
    return this.http.send({
      method,
      url,
      headers: {
        authorization: await this.tokens.bearer(this.connection.audience),
        "x-ms-correlation-request-id": randomUUID(),
        ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private async follow(reply: HttpReply): Promise<Json | undefined> {
    const operation = header(reply, "azure-asyncoperation");
    if (operation !== undefined) {
      await this.followOperation(operation, reply);
      return undefined;
    }
    const location = header(reply, "location");
    if (reply.status !== 202 || location === undefined) return undefined;
    return this.followLocation(location, reply);
  }

  private async followOperation(url: string, first: HttpReply): Promise<void> {
    let previous = first;
    for (;;) {
      await this.http.pause(retryAfterMilliseconds(previous.headers) ?? pollMilliseconds);
      previous = await this.sendTo("GET", url);
      if (previous.status < 200 || previous.status > 299) throw armErrorOfReply(previous);
      const body = parseJson(previous.text);
      const status = asText(body["status"]) ?? "";
      if (isState(status, "Succeeded")) return;
      if (isState(status, "Failed", "Canceled")) throw armErrorOfOperation(status, body["error"]);
    }
  }

  private async followLocation(url: string, first: HttpReply): Promise<Json> {
    let previous = first;
    let next = url;
    for (;;) {
      await this.http.pause(retryAfterMilliseconds(previous.headers) ?? pollMilliseconds);
      previous = await this.sendTo("GET", next);
      next = header(previous, "location") ?? next;
      if (previous.status === 202) continue;
      // The operation's resource can be gone by the time that it is asked for: that is its end.
      if (previous.status === 404) return {};
      if (previous.status > 299) throw armErrorOfReply(previous);
      return parseJson(previous.text);
    }
  }

  /** The resource itself once it is provisioned: the answer to a PUT may come before that. */
  private async awaitProvisioned(path: string, apiVersion: string, answer: Json): Promise<Json> {
    let body = answer;
    let asked = false;
    for (;;) {
      const state = asText(asJson(body["properties"])["provisioningState"]) ?? "Succeeded";
      if (isState(state, "Failed", "Canceled")) {
        throw armErrorOfOperation(state, body["error"]);
      }
      if (isState(state, "Succeeded", "Approved", "Enabled") && body["id"] !== undefined)
        return body;
      if (asked) await this.http.pause(pollMilliseconds);
      asked = true;
      body = await this.get(path, apiVersion);
      // Some resources have no id in their body; once read back they are what they are.
      if (asJson(body["properties"])["provisioningState"] === undefined) return body;
    }
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ArmError && error.status === 404;
}

function isState(state: string, ...wanted: string[]): boolean {
  return wanted.some((candidate) => candidate.toLowerCase() === state.toLowerCase());
}

function header(reply: HttpReply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function parseJson(text: string): Json {
  return text === "" ? {} : asJson(JSON.parse(text));
}
