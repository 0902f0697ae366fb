import type { Rendered } from "../rendered.js";

export function renderSecretSet(result: {
  readonly vault: string;
  readonly secret: string;
  readonly verified: boolean;
  readonly identity?: string;
}): Rendered {
  const checked = result.verified
    ? `GitHub accepts it${result.identity === undefined ? "" : ` (${result.identity})`}.`
    : "Not tried against GitHub.";
  return {
    data: result,
    text: `Stored ${result.secret} in the Key Vault ${result.vault}. ${checked}`,
  };
}
