import { DiagnosticError } from "../engine/diagnostics.js";
import type { HttpClient } from "../http/client.js";
import { asJson, asNumber, asText, type Json } from "../http/json.js";
import type { ArmConnection } from "./connection.js";

interface Token {
  readonly text: string;
  readonly claims: Json;
  readonly expires: number;
}

const renewBeforeMilliseconds = 60_000;

/** Tokens by client credentials, one for each audience, kept until shortly before they expire. */
export class TokenSource {
  private readonly tokens = new Map<string, Promise<Token>>();

  constructor(
    private readonly connection: ArmConnection,
    private readonly http: HttpClient,
  ) {}

  async bearer(audience: string): Promise<string> {
    return `Bearer ${(await this.token(audience)).text}`;
  }

  /** Who the token is for: `oid`, `tid`, `appid`. */
  async claims(audience: string): Promise<Json> {
    return (await this.token(audience)).claims;
  }

  private async token(audience: string): Promise<Token> {
    const held = await this.tokens.get(audience)?.catch(() => undefined);
    if (held !== undefined && held.expires - renewBeforeMilliseconds > Date.now()) return held;
    const asked = this.request(audience);
    this.tokens.set(audience, asked);
    return asked;
  }

  private async request(audience: string): Promise<Token> {
    const { authority, tenantId, clientId, clientSecret } = this.connection;
    const reply = await this.http.send({
      method: "POST",
      url: `${authority}/${tenantId}/oauth2/v2.0/token`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${audience}/.default`,
      }).toString(),
    });
    const body = parseBody(reply.text);
    const text = asText(body["access_token"]);
    if (reply.status !== 200 || text === undefined) {
      throw new DiagnosticError(
        `building account: could not acquire access token to parse claims: clientCredentialsToken: ` +
          `received HTTP status ${reply.status} with response: ${asText(body["error_description"]) ?? asText(body["error"]) ?? "no token"}`,
        { detail: "Check ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID." },
      );
    }
    const lifetime = asNumber(body["expires_in"]) ?? Number(body["expires_in"] ?? 3600);
    return { text, claims: readClaims(text), expires: Date.now() + lifetime * 1000 };
  }
}

function readClaims(token: string): Json {
  return parseBody(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

function parseBody(text: string): Json {
  try {
    return asJson(JSON.parse(text));
  } catch {
    return {};
  }
}
