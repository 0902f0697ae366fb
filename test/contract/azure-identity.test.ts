import { createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Server as NetServer } from "node:net";
import { join } from "node:path";
import {
  ClientAssertionCredential,
  DefaultAzureCredential,
  EnvironmentCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { ArmResource, SandboxContext } from "../../src/sandbox/ports.js";
import { parseRequest } from "../../src/sandbox/request.js";
import { IdentityEndpoint } from "../../src/sandbox/runner/identity-endpoint.js";
import { send } from "../sandbox/core/http.js";
import { readCa } from "../sandbox/core/sandbox-fixture.js";
import { startForeignSandbox, type ForeignSandbox } from "./foreign-client.js";

/** Every way in which the Azure SDKs sign in without a person. */
describe("@azure/identity", () => {
  let foreign: ForeignSandbox;
  let issuer: Server;
  let authority: { authorityHost: string; disableInstanceDiscovery: boolean; tlsOptions: object };
  const scope = "https://management.azure.com/.default";
  const subject = "system:serviceaccount:ci:runner";
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  const env = (name: string): string => foreign.sandbox.environment[name] ?? "";
  const addressOf = (server: NetServer): string =>
    `localhost:${(server.address() as AddressInfo).port}`;

  const claimsOf = async (credential: TokenCredential): Promise<Record<string, unknown>> => {
    const token = (await credential.getToken(scope))?.token ?? "";
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    return JSON.parse(payload) as Record<string, unknown>;
  };
  const assert = (about: string): string => {
    const encode = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: `https://${addressOf(issuer)}`,
      sub: about,
      aud: "api://AzureADTokenExchange",
      iat: now,
      nbf: now,
      exp: now + 600,
    };
    const signed = `${encode({ alg: "RS256", typ: "JWT", kid: "one" })}.${encode(claims)}`;
    return `${signed}.${createSign("sha256").update(signed).sign(keys.privateKey, "base64url")}`;
  };
  /** An identity with a federated credential, made over Resource Manager. */
  const makeIdentity = async (): Promise<{ clientId: string; principalId: string }> => {
    const credential = new EnvironmentCredential(authority);
    const { token } = await credential.getToken(scope);
    const put = (path: string, body: object) =>
      send(`${foreign.sandbox.origin}${path}?api-version=2024-11-30`, {
        method: "PUT",
        ca: readCa(foreign.sandbox),
        headers: { authorization: `Bearer ${token}` },
        body,
      });
    const group = `/subscriptions/${env("AZURE_SUBSCRIPTION_ID")}/resourceGroups/rg-identity`;
    const path = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-federated`;
    await put(group, { location: "westeurope" });
    const made = await put(path, { location: "westeurope" });
    await put(`${path}/federatedIdentityCredentials/cluster`, {
      properties: {
        issuer: `https://${addressOf(issuer)}`,
        subject,
        audiences: ["api://AzureADTokenExchange"],
      },
    });
    return made.json.properties;
  };

  beforeAll(async () => {
    foreign = await startForeignSandbox();
    const { origin, directory } = foreign.sandbox;
    authority = {
      authorityHost: origin,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: readCa(foreign.sandbox) },
    };
    issuer = createServer(
      {
        key: readFileSync(join(directory, "server.key")),
        cert: readFileSync(join(directory, "server.pem")),
      },
      (request, response) => {
        const key = { ...keys.publicKey.export({ format: "jwk" }), kid: "one", use: "sig" };
        const base = `https://${addressOf(issuer)}`;
        const isMetadata = request.url?.includes("openid-configuration") === true;
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify(isMetadata ? { issuer: base, jwks_uri: `${base}/keys` } : { keys: [key] }),
        );
      },
    );
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    for (const name of ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]) {
      vi.stubEnv(name, env(name));
    }
  });
  afterEach(() => {
    for (const name of ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_FEDERATED_TOKEN_FILE"]) {
      vi.stubEnv(name, undefined);
    }
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
    await foreign.close();
  });

  test("EnvironmentCredential, and DefaultAzureCredential by way of it", async () => {
    const environment = await claimsOf(new EnvironmentCredential(authority));
    expect(environment).toMatchObject({
      appid: env("AZURE_CLIENT_ID"),
      tid: env("AZURE_TENANT_ID"),
    });
    const chosen = await claimsOf(new DefaultAzureCredential(authority));
    expect(chosen["oid"]).toBe(environment["oid"]);
  });

  test("WorkloadIdentityCredential trades the token in a file, ClientAssertionCredential its own", async () => {
    const { clientId, principalId } = await makeIdentity();
    const tokenFilePath = join(foreign.folder, "token");
    writeFileSync(tokenFilePath, assert(subject));
    const tenantId = env("AZURE_TENANT_ID");
    const workload = new WorkloadIdentityCredential({
      ...authority,
      tenantId,
      clientId,
      tokenFilePath,
    });
    expect(await claimsOf(workload)).toMatchObject({ oid: principalId, appid: clientId });
    const byAssertion = (about: string) =>
      new ClientAssertionCredential(
        tenantId,
        clientId,
        () => Promise.resolve(assert(about)),
        authority,
      );
    expect(await claimsOf(byAssertion(subject))).toMatchObject({ oid: principalId });
    await expect(byAssertion("somebody:else").getToken(scope)).rejects.toThrow(/AADSTS700213/);
  });

  test("ManagedIdentityCredential finds the endpoint that a container is given", async () => {
    const identity = { clientId: "11111111-1111-4111-8111-111111111111", principalId: "principal" };
    const job = {
      id: "/job",
      name: "job",
      type: "Microsoft.App/jobs",
      properties: {},
      identity: { type: "UserAssigned", userAssignedIdentities: { "/identity": identity } },
    } satisfies ArmResource;
    const encode = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const server = createHttpServer((message, response) => {
      const request = parseRequest(message, {
        scheme: "http",
        listener: "main",
        signal: new AbortController().signal,
      });
      void endpoint.handle(request).then((reply) => {
        response.statusCode = reply?.status ?? 404;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(reply?.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = new IdentityEndpoint({
      httpOrigin: `http://${addressOf(server)}`,
      clock: { now: () => new Date() },
      entra: {
        issueToken: (claims: object) => `${encode({ alg: "none" })}.${encode(claims)}.`,
      },
    } as unknown as SandboxContext);
    try {
      const given = endpoint.open(job, "Main", []);
      vi.stubEnv("IDENTITY_ENDPOINT", given?.endpoint);
      vi.stubEnv("IDENTITY_HEADER", given?.header);
      const claims = await claimsOf(new ManagedIdentityCredential({ clientId: identity.clientId }));
      expect(claims).toEqual({
        objectId: identity.principalId,
        appId: identity.clientId,
        audience: "https://management.azure.com",
      });
      const closed = endpoint.open(job, "Main", [{ identity: "/identity", lifecycle: "None" }]);
      vi.stubEnv("IDENTITY_HEADER", closed?.header);
      const refused = new ManagedIdentityCredential({
        clientId: "22222222-2222-4222-8222-222222222222",
        retryOptions: { maxRetries: 0 },
      });
      await expect(refused.getToken(scope)).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
