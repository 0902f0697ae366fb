import type { ArmClient } from "../arm/client.js";
import type { GitHubClient } from "../github/client.js";
import { createLock } from "./lock.js";
import type { ProviderContext } from "./model.js";
import { pause, type Life } from "./pause.js";
import type { Reader } from "./reader.js";

/** What models are given; a provider has one cloud only. */
export function createContext(
  settings: Reader,
  life: Life,
  cloud: { readonly arm: ArmClient } | { readonly github: GitHubClient },
): ProviderContext {
  return {
    settings,
    pause: (milliseconds) => pause(milliseconds, life.stop),
    lock: createLock(),
    get arm(): ArmClient {
      if ("arm" in cloud) return cloud.arm;
      throw new Error("this provider does not talk to Azure");
    },
    get github(): GitHubClient {
      if ("github" in cloud) return cloud.github;
      throw new Error("this provider does not talk to GitHub");
    },
  };
}
