/**
 * Keeps secrets out of everything that is printed. Secrets are registered the moment they arrive;
 * well-known token shapes are masked even when nobody registered them.
 */
export interface Redactor {
  /** Masks the value, each long line of it, and its usual encodings from now on. */
  register(secret: string): void;
  apply(text: string): string;
  /** Told of each new value, so that a host (GitHub Actions) can mask it too. */
  onRegister(listener: (secret: string) => void): void;
}

const mask = "***";

/** Shorter values would mask ordinary words. */
const shortest = 6;

const knownShapes: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{20,255}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,255}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  // To its end, or as far as a cut one looks like base64; never across a quote, which in JSON ends
  // the text that the key stands in.
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"'{}]*?-----END [A-Z ]*PRIVATE KEY-----|(?:(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{20,})+(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{1,19})?)?)/g,
  // Shared access signatures: the signature is the secret part of the address.
  /(?<=[?&]sig=)[^&\s"']+/g,
];

export function createRedactor(): Redactor {
  const values = new Set<string>();
  const listeners: ((secret: string) => void)[] = [];
  let ordered: string[] = [];

  function add(value: string): void {
    const trimmed = value.trim();
    if (trimmed.length < shortest || values.has(trimmed)) return;
    values.add(trimmed);
    for (const listener of listeners) listener(trimmed);
  }

  return {
    register(secret) {
      add(secret);
      for (const line of secret.split(/\r?\n/)) {
        // The armour of a PEM block is no secret, and masking it would hide what the thing is.
        if (line.length >= 16 && !line.startsWith("-----")) add(line);
      }
      add(Buffer.from(secret).toString("base64"));
      add(encodeURIComponent(secret));
      add(JSON.stringify(secret).slice(1, -1));
      // Longest first, so that a secret containing another is masked whole.
      ordered = [...values].sort((a, b) => b.length - a.length);
    },
    apply(text) {
      let clean = text;
      for (const value of ordered) clean = clean.replaceAll(value, mask);
      for (const shape of knownShapes) clean = clean.replace(shape, mask);
      return clean;
    },
    onRegister(listener) {
      listeners.push(listener);
      for (const value of values) listener(value);
    },
  };
}
