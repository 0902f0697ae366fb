import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { send } from "../core/http.js";
import { startArm, type ArmFixture } from "../arm/arm-fixture.js";

let arm: ArmFixture;
beforeAll(async () => {
  arm = await startArm();
});
afterAll(() => arm.close());

const form = (changes: Record<string, string | undefined> = {}): URLSearchParams => {
  const fields: Record<string, string | undefined> = {
    grant_type: "client_credentials",
    client_id: arm.identity.clientId,
    client_secret: arm.identity.clientSecret,
    scope: "https://management.azure.com/.default",
    ...changes,
  };
  return new URLSearchParams(
    Object.entries(fields).filter((one): one is [string, string] => one[1] !== undefined),
  );
};

const ask = (body: URLSearchParams, tenant = arm.identity.tenantId, path = "oauth2/v2.0/token") =>
  send(`${arm.origin}/${tenant}/${path}`, { method: "POST", body, ca: arm.ca });

function decode(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}

describe("the token endpoint", () => {
  test("ENTRA-1: a secret buys a JWT with oid, tid, appid, aud and exp, signed by a published key", async () => {
    const answer = await ask(form());
    expect(answer.json).toMatchObject({
      token_type: "Bearer",
      expires_in: 3600,
      ext_expires_in: 3600,
    });
    const token = String(answer.json.access_token);
    const claims = decode(token);
    expect(claims).toMatchObject({
      oid: arm.identity.objectId,
      tid: arm.identity.tenantId,
      appid: arm.identity.clientId,
      aud: "https://management.azure.com",
    });
    expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(3600);
    const base = `${arm.origin}/${arm.identity.tenantId}`;
    const configuration = await send(`${base}/v2.0/.well-known/openid-configuration`, {
      ca: arm.ca,
    });
    const keys = await send(String(configuration.json.jwks_uri), { ca: arm.ca });
    const [header = "", payload = "", signature = ""] = token.split(".");
    const key = createPublicKey({ key: keys.json.keys[0], format: "jwk" });
    const signed = Buffer.from(`${header}.${payload}`);
    expect(verify("sha256", signed, key, Buffer.from(signature, "base64url"))).toBe(true);
  });

  test("ENTRA-2: the v1 endpoint takes a resource; adfs is a tenant", async () => {
    const body = form({ scope: undefined, resource: "https://management.core.windows.net/" });
    const answer = await ask(body, "adfs", "oauth2/token");
    expect(decode(String(answer.json.access_token))["aud"]).toBe(
      "https://management.core.windows.net",
    );
  });

  const refusals: [string, Record<string, string | undefined>, number, string, number][] = [
    ["ENTRA-3: a wrong secret", { client_secret: "nope" }, 401, "invalid_client", 7000215],
    ["ENTRA-4: an unknown client", { client_id: "nobody" }, 400, "unauthorized_client", 700016],
    ["ENTRA-5: no credential", { client_secret: undefined }, 401, "invalid_client", 7000218],
    ["ENTRA-6: no scope", { scope: undefined }, 400, "invalid_request", 900144],
    ["ENTRA-7: another grant", { grant_type: "password" }, 400, "unsupported_grant_type", 70003],
    [
      "ENTRA-8: an unknown resource",
      { scope: "https://x.y/.default" },
      400,
      "invalid_resource",
      500011,
    ],
  ];
  test.each(refusals)("%s is refused", async (_clause, change, status, error, code) => {
    const answer = await ask(form(change));
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([
      status,
      error,
      [code],
    ]);
    expect(answer.json.error_description).toMatch(new RegExp(`^AADSTS${code}: `));
    expect(answer.text).not.toContain(arm.identity.clientSecret);
  });

  test("ENTRA-9: an unknown tenant is AADSTS90002", async () => {
    const answer = await ask(form(), "contoso.example");
    expect([answer.status, answer.json.error_codes]).toEqual([400, [90002]]);
  });

  test("ENTRA-10: instance discovery and metadata of every kind point back here", async () => {
    const instance = await send(
      `${arm.origin}/common/discovery/instance?api-version=1.1&authorization_endpoint=x`,
      { ca: arm.ca },
    );
    expect(instance.json.metadata[0].aliases).toEqual([new URL(arm.origin).host]);
    for (const path of [`${arm.identity.tenantId}/v2.0`, arm.identity.tenantId, "adfs"]) {
      const found = await send(`${arm.origin}/${path}/.well-known/openid-configuration`, {
        ca: arm.ca,
      });
      expect(found.json.token_endpoint).toContain(`${arm.origin}/`);
      expect(found.json.issuer).toContain(arm.origin);
    }
  });
});

describe("a bearer token", () => {
  const withHeader = (authorization: string | undefined) =>
    send(`${arm.origin}${arm.subscription}?api-version=2022-12-01`, {
      ca: arm.ca,
      headers: authorization === undefined ? {} : { authorization },
    });

  test("ENTRA-20: none is 401 AuthenticationFailed with a challenge that names the authority", async () => {
    const answer = await withHeader(undefined);
    expect([answer.status, answer.json.error.code]).toEqual([401, "AuthenticationFailed"]);
    expect(answer.headers["www-authenticate"]).toContain(
      `authorization_uri="${arm.origin}/${arm.identity.tenantId}"`,
    );
  });

  test("ENTRA-21: one that was tampered with is InvalidAuthenticationToken", async () => {
    const good = arm.ctx.entra.issueToken({
      objectId: arm.identity.objectId,
      appId: "a",
      audience: "https://management.azure.com",
    });
    const [header = "", payload = "", signature = ""] = good.split(".");
    const claims = { ...decode(good), oid: "someone-else" };
    const forged = Buffer.from(JSON.stringify(claims)).toString("base64url");
    expect(forged).not.toBe(payload);
    const answer = await withHeader(`Bearer ${header}.${forged}.${signature}`);
    expect([answer.status, answer.json.error.code]).toEqual([401, "InvalidAuthenticationToken"]);
  });

  test("ENTRA-22: one of the wrong audience is refused", async () => {
    const vault = await ask(form({ scope: "https://vault.azure.net/.default" }));
    const answer = await withHeader(`Bearer ${vault.json.access_token}`);
    expect([answer.status, answer.json.error.code]).toEqual([
      401,
      "InvalidAuthenticationTokenAudience",
    ]);
  });

  test("ENTRA-23: one that has expired is ExpiredAuthenticationToken", async () => {
    const old = arm.ctx.entra.issueToken(
      { objectId: arm.identity.objectId, appId: "a", audience: "https://management.azure.com" },
      -1,
    );
    const answer = await withHeader(`Bearer ${old}`);
    expect([answer.status, answer.json.error.code]).toEqual([401, "ExpiredAuthenticationToken"]);
  });
});

describe("a federated credential", () => {
  const issuerKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let clientId: string;
  let issuer: string;

  beforeAll(async () => {
    const identity = `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-ci`;
    await arm.call("PUT", arm.group, { location: "westeurope" });
    clientId = (await arm.call("PUT", identity, { location: "westeurope" })).json.properties
      .clientId;
    // The sandbox's own keys stand for an issuer's: what counts is that they are published.
    issuer = `${arm.origin}/${arm.identity.tenantId}`;
    await arm.call("PUT", `${identity}/federatedIdentityCredentials/ci-main`, {
      properties: {
        issuer,
        subject: "repo:o/r:ref:refs/heads/main",
        audiences: ["api://AzureADTokenExchange"],
      },
    });
  });

  const makeAssertion = (changes: Record<string, unknown> = {}, key?: KeyObject): string => {
    const pem = arm.ctx.state.collection<string>("entra.keys").get("signing") ?? "";
    const now = Math.floor(Date.now() / 1000);
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const kid = createHash("sha256")
      .update(createPublicKey(pem).export({ type: "spki", format: "der" }))
      .digest("base64url")
      .slice(0, 27);
    const text = `${part({ alg: "RS256", kid })}.${part({
      iss: issuer,
      sub: "repo:o/r:ref:refs/heads/main",
      aud: "api://AzureADTokenExchange",
      nbf: now - 5,
      exp: now + 300,
      ...changes,
    })}`;
    return `${text}.${sign("sha256", Buffer.from(text), key ?? pem).toString("base64url")}`;
  };
  const exchange = (assertion: string) =>
    ask(
      form({
        client_id: clientId,
        client_secret: undefined,
        client_assertion: assertion,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      }),
    );

  test("ENTRA-30: an assertion of its issuer, subject and audience buys a token of the identity", async () => {
    const answer = await exchange(makeAssertion());
    expect(answer.status).toBe(200);
    expect(decode(String(answer.json.access_token))["appid"]).toBe(clientId);
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["ENTRA-31: another issuer", { iss: "https://localhost:1/x" }, 700211],
    ["ENTRA-32: another subject", { sub: "repo:o/r:pull_request" }, 700213],
    ["ENTRA-33: another audience", { aud: "api://else" }, 700212],
    ["ENTRA-34: one that has expired", { exp: 1 }, 700024],
  ])("%s is refused", async (_clause, changes, code) => {
    const answer = await exchange(makeAssertion(changes));
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([
      401,
      "invalid_client",
      [code],
    ]);
  });

  test("ENTRA-35: one that the issuer's keys do not verify is refused", async () => {
    const answer = await exchange(makeAssertion({}, issuerKeys.privateKey));
    expect([answer.status, answer.json.error_codes]).toEqual([401, [5000281]]);
  });
});
