import type { SandboxReply, SandboxRequest } from "../ports.js";

/**
 * A page of a listing with GitHub's `Link` header.
 * https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
export function cutPage<T>(
  request: SandboxRequest,
  items: readonly T[],
  wrap: (page: readonly T[], total: number) => unknown,
  defaultSize = 30,
): SandboxReply {
  const size = clamp(request.query.get("per_page"), defaultSize, 100);
  const page = clamp(request.query.get("page"), 1, Number.MAX_SAFE_INTEGER);
  const last = Math.max(1, Math.ceil(items.length / size));
  const links = [
    ...(page > 1 ? [link(request, Math.min(page - 1, last), "prev")] : []),
    ...(page < last ? [link(request, page + 1, "next"), link(request, last, "last")] : []),
    ...(page > 1 ? [link(request, 1, "first")] : []),
  ];
  return {
    status: 200,
    headers: links.length === 0 ? {} : { link: links.join(", ") },
    body: wrap(items.slice((page - 1) * size, page * size), items.length),
  };
}

/** Out of range is brought into range, without an error. */
function clamp(text: string | null, fallback: number, most: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? Math.min(value, most) : fallback;
}

function link(request: SandboxRequest, page: number, rel: string): string {
  const url = new URL(request.url);
  url.searchParams.set("page", String(page));
  return `<${url.href}>; rel="${rel}"`;
}
