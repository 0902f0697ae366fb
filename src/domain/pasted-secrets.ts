/** A credential found in text that must not hold one. The value itself is never kept. */
export interface PastedSecret {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/*
 * Prefixes of GitHub's tokens:
 * https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
 */
const patterns: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  {
    kind: "a private key",
    // Without an end, everything after the header that looks like a key's base64.
    pattern:
      /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|(?:[\s\\n]*[A-Za-z0-9+/=]{20,})*)/g,
  },
  { kind: "a GitHub token", pattern: /\bgithub_pat_[A-Za-z0-9_]{10,}/g },
  { kind: "a GitHub token", pattern: /\bgh[opsur]_[A-Za-z0-9_.-]{10,}/g },
  { kind: "an Azure storage key", pattern: /\bAccountKey=[A-Za-z0-9+/=]{20,}/g },
];

export function findPastedSecrets(text: string): PastedSecret[] {
  return patterns
    .flatMap(({ kind, pattern }) =>
      [...text.matchAll(pattern)].map((match) => ({
        kind,
        start: match.index,
        end: match.index + match[0].length,
      })),
    )
    .sort((a, b) => a.start - b.start);
}

/** The same text, position for position, with every secret crossed out. */
export function maskSecrets(text: string, secrets: readonly PastedSecret[]): string {
  return secrets.reduce(
    (masked, { start, end }) =>
      masked.slice(0, start) + masked.slice(start, end).replace(/\S/g, "x") + masked.slice(end),
    text,
  );
}
