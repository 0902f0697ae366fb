import { createHash } from "node:crypto";

/**
 * Name (a UUID) of a role assignment, the same for the same words on every run. Azure would invent
 * a random one; a derived one can be found and adopted when an interrupted apply left the
 * assignment behind without recording it.
 */
export function deriveAssignmentName(...words: readonly string[]): string {
  const digest = createHash("sha256").update(words.join("\n").toLowerCase()).digest("hex");
  // Version 8 of RFC 9562: a UUID of the application's own making.
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
