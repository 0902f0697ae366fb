/** Replaces secrets in what a job prints, each line of a secret with many lines by itself too. */
export class Masker {
  private readonly secrets = new Set<string>();

  add(value: string): void {
    for (const line of [value, ...value.split(/\r?\n/)]) {
      const secret = line.trim();
      if (secret !== "") this.secrets.add(secret);
    }
  }

  mask(text: string): string {
    let masked = text;
    // Longest first: a secret that contains another must not leave its rest behind.
    for (const secret of [...this.secrets].sort((a, b) => b.length - a.length)) {
      masked = masked.replaceAll(secret, "***");
    }
    return masked;
  }
}
