import type { SandboxRequest } from "../ports.js";

/** A page after `last`, at most `n` long, with the `Link` header to the next one. */
export function pageOf<T>(
  request: SandboxRequest,
  all: readonly T[],
  keyOf: (item: T) => string,
): { items: T[]; link: Record<string, string> } {
  const last = request.query.get("last");
  const size = Number(request.query.get("n") ?? 100) || 100;
  const at = last === null ? -1 : all.findIndex((item) => keyOf(item) === last);
  const items = all.slice(at + 1, at + 1 + size);
  const final = items.at(-1);
  if (final === undefined || at + 1 + size >= all.length) return { items, link: {} };
  const next = new URLSearchParams(request.query);
  next.set("last", keyOf(final));
  next.set("n", String(size));
  return { items, link: { Link: `<${request.path}?${next.toString()}>; rel="next"` } };
}
