import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { planCredentials } from "../../src/azure/credential-plan.js";
import { createCredential } from "../../src/azure/credential.js";
import { failureOf } from "./failure.js";
import { type FakeReply, type HttpsServer, startHttpsServer } from "./https-server.js";

const tenantId = "11111111-1111-4111-8111-111111111111";
const clientId = "22222222-2222-4222-8222-222222222222";

let server: HttpsServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** An Entra that answers every token request the same way. */
async function startEntra(token: FakeReply): Promise<HttpsServer> {
  const started = await startHttpsServer((request) => {
    if (request.method === "POST") return token;
    if (request.path.endsWith("/.well-known/openid-configuration")) {
      const base = `${started.origin}/${tenantId}`;
      return {
        status: 200,
        body: {
          token_endpoint: `${base}/oauth2/v2.0/token`,
          authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
          end_session_endpoint: `${base}/oauth2/v2.0/logout`,
          issuer: `${base}/v2.0`,
          jwks_uri: `${base}/discovery/v2.0/keys`,
        },
      };
    }
    return { status: 404 };
  });
  return started;
}

function refuse(number: number, error: string): FakeReply {
  return {
    status: 401,
    body: { error, error_description: `AADSTS${number}: no.`, error_codes: [number] },
  };
}

async function signIn(token: FakeReply) {
  server = await startEntra(token);
  const credential = createCredential({
    tenantId,
    clientId,
    clientSecret: "s3cret-value",
    authorityHost: server.origin,
    disableInstanceDiscovery: true,
    ca: server.ca,
  });
  return credential.getToken("https://management.azure.com/.default");
}

describe("signing in with a client secret", () => {
  it("gets a token from the configured authority", async () => {
    const token = await signIn({
      status: 200,
      body: { token_type: "Bearer", expires_in: 3600, ext_expires_in: 3600, access_token: "t-1" },
    });
    expect(token?.token).toBe("t-1");
    const form = new URLSearchParams(
      server?.requests.find((request) => request.method === "POST")?.body,
    );
    expect(form.get("grant_type")).toBe("client_credentials");
    expect(form.get("client_secret")).toBe("s3cret-value");
  });

  it.each([
    [7000222, "invalid_client", "credentials.expired"],
    [7000215, "invalid_client", "credentials.secretWrong"],
    [90002, "invalid_request", "credentials.tenantUnknown"],
    [700016, "unauthorized_client", "credentials.clientUnknown"],
    [700213, "invalid_request", "credentials.federationMismatch"],
    [999999, "invalid_request", "credentials.refused"],
  ])("tells AADSTS%i (%s) as %s", async (number, oauth, code) => {
    const error = await failureOf(signIn(refuse(number, oauth)));
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(`AADSTS${number}`);
    expect(error.hint).toBeTruthy();
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain("s3cret");
  });

  it("tells an authority that cannot be reached", async () => {
    const closed = await startHttpsServer(() => ({ status: 200 }));
    await closed.close();
    const credential = createCredential({
      tenantId,
      clientId,
      clientSecret: "x",
      authorityHost: closed.origin,
      disableInstanceDiscovery: true,
      ca: closed.ca,
    });
    const error = await failureOf(credential.getToken("https://management.azure.com/.default"));
    expect(error.code).toBe("azure.unreachable");
    expect(error.exitCode).toBe(5);
  });
});

describe("choosing a source", () => {
  it("lists everything that was tried when there is none", async () => {
    const error = await failureOf(
      createCredential({
        authorityHost: "https://localhost:1",
        disableInstanceDiscovery: true,
      }).getToken("https://management.azure.com/.default"),
    );
    expect(error.code).toBe("credentials.none");
    expect(error.hint).toContain("az login");
    expect(error.problems.map((problem) => problem.where)).toEqual([
      "environment (client secret)",
      "workload identity",
      "managed identity",
      "Azure CLI",
      "Azure Developer CLI",
    ]);
  });

  it("keeps to the first source that gives a token", async () => {
    let calls = 0;
    const credential = createCredential({
      authorityHost: "https://localhost:1",
      disableInstanceDiscovery: true,
      first: [
        {
          title: "given",
          credential: {
            getToken: () => {
              calls += 1;
              return Promise.resolve({ token: "g", expiresOnTimestamp: Date.now() + 1e6 });
            },
          },
        },
      ],
    });
    expect((await credential.getToken("a/.default"))?.token).toBe("g");
    expect((await credential.getToken("b/.default"))?.token).toBe("g");
    expect(calls).toBe(3);
  });

  it.each([
    [{ tenantId, clientId, clientSecret: "s" }, ["clientSecret", "azureCli", "azureDeveloperCli"]],
    [
      { tenantId, clientId, federatedTokenFile: "/t", managedIdentity: true },
      ["workloadIdentity", "managedIdentity", "azureCli", "azureDeveloperCli"],
    ],
    [{ clientId }, ["managedIdentity", "azureCli", "azureDeveloperCli"]],
    [{ tenantId, clientSecret: "s" }, ["azureCli", "azureDeveloperCli"]],
    [{}, ["azureCli", "azureDeveloperCli"]],
  ])("plans %o as %o", (settings, kinds) => {
    expect(planCredentials(settings).sources.map((source) => source.kind)).toEqual(kinds);
  });

  it("says what is missing beside a secret", () => {
    expect(planCredentials({ clientSecret: "s", tenantId }).skipped[0]).toEqual({
      source: "environment (client secret)",
      outcome: "AZURE_CLIENT_SECRET is set, but AZURE_CLIENT_ID is not",
    });
  });
});

describe("signing in with the Azure CLI", () => {
  /** An `az` that gives its own arguments for a token. */
  async function askCli(settings: { tenantId?: string; subscriptionId?: string }) {
    const directory = mkdtempSync(join(tmpdir(), "runnerctl-az-"));
    try {
      writeFileSync(
        join(directory, "az"),
        `#!/bin/sh\nprintf '{"accessToken": "%s", "expires_on": 4102444800}' "$*"\n`,
        { mode: 0o755 },
      );
      vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
      const credential = createCredential({
        ...settings,
        authorityHost: "https://login.microsoftonline.com",
        disableInstanceDiscovery: true,
      });
      const scope = "https://vault.azure.net/.default";
      return (await credential.getToken(scope, { tenantId }))?.token ?? "";
    } finally {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true });
    }
  }

  it("names the subscription and no tenant, even when a vault's challenge names one", async () => {
    const asked = await askCli({ tenantId: "other", subscriptionId: clientId });
    expect(asked).toContain(`--subscription ${clientId}`);
    expect(asked).not.toContain("--tenant");
  });

  it("names the tenant that the environment asks for", async () => {
    expect(await askCli({ tenantId })).toContain(`--tenant ${tenantId}`);
  });
});
