import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/identity";
import { noAzureCredential, type TriedSource } from "../errors/catalogue/credentials.js";
import {
  type CredentialSettings,
  type CredentialSource,
  planCredentials,
  sourceTitles,
} from "./credential-plan.js";
import { isCredentialAbsent, TokenAnswers, translateCredentialError } from "./credential-errors.js";

export interface CredentialOptions extends CredentialSettings {
  readonly authorityHost: string;
  /** A cloud of one's own: Entra's list of instances does not know it. */
  readonly disableInstanceDiscovery: boolean;
  readonly ca?: string | undefined;
  /** Tried before all others: a seam for sources that need no SDK. */
  readonly first?: readonly { readonly title: string; readonly credential: TokenCredential }[];
}

interface Candidate {
  readonly title: string;
  /** Set on purpose: a failure to use it is not the absence of it. */
  readonly configured: boolean;
  readonly open: () => Promise<TokenCredential>;
}

interface Chosen {
  readonly title: string;
  readonly credential: TokenCredential;
}

const configuredKinds: ReadonlySet<CredentialSource["kind"]> = new Set([
  "clientSecret",
  "clientCertificate",
  "workloadIdentity",
]);

/**
 * The first source that has a credential wins for the whole run. A source that has one which Entra
 * refuses ends the search: going on would act as somebody the user did not mean.
 */
export function createCredential(options: CredentialOptions): TokenCredential {
  const plan = planCredentials(options);
  const answers = new TokenAnswers();
  const candidates: Candidate[] = [
    ...(options.first ?? []).map(({ title, credential }) => ({
      title,
      configured: true,
      open: () => Promise.resolve(credential),
    })),
    ...plan.sources.map((source) => ({
      title: sourceTitles[source.kind],
      configured: configuredKinds.has(source.kind),
      open: async () => {
        // Loaded here, not above: the SDK takes longer to load than a token takes to fetch.
        const { openSource } = await import("./credential-sources.js");
        return openSource(source, { ...options, policy: answers.policy });
      },
    })),
  ];
  let chosen: Promise<Chosen> | undefined;

  async function choose(
    scopes: string | string[],
    tokenOptions: GetTokenOptions | undefined,
  ): Promise<Chosen> {
    const tried: TriedSource[] = [...plan.skipped];
    for (const { title, configured, open } of candidates) {
      try {
        const credential = await open();
        const token = await credential.getToken(scopes, tokenOptions);
        if (token !== null) return { title, credential };
        tried.push({ source: title, outcome: "gave no token" });
      } catch (error) {
        if (!isCredentialAbsent(error) || (configured && answers.failed)) {
          throw translateCredentialError(error, title, answers);
        }
        tried.push({ source: title, outcome: firstLine(error) });
      }
    }
    throw noAzureCredential(tried);
  }

  return {
    async getToken(scopes, tokenOptions): Promise<AccessToken | null> {
      chosen ??= choose(scopes, tokenOptions);
      let source;
      try {
        source = await chosen;
      } catch (error) {
        // Another call may have a better day; a wrong secret stays wrong and is asked once a call.
        chosen = undefined;
        throw error;
      }
      try {
        return await source.credential.getToken(scopes, tokenOptions);
      } catch (error) {
        throw translateCredentialError(error, source.title, answers);
      }
    },
  };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").trim();
}
