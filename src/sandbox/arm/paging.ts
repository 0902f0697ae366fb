import type { SandboxReply, SandboxRequest } from "../ports.js";

/** Resource Manager pages at a thousand; small here, so that clients that forget paging are found out. */
const defaultPageSize = 50;

/** One page of a list, with `nextLink` while there is more. `$top` sets the size of a page. */
export function replyWithPage(request: SandboxRequest, items: readonly unknown[]): SandboxReply {
  const top = Number(request.query.get("$top") ?? defaultPageSize);
  const size = Number.isInteger(top) && top > 0 ? top : defaultPageSize;
  const start = Number(
    Buffer.from(request.query.get("$skiptoken") ?? "", "base64url").toString("utf8") || 0,
  );
  const end = start + size;
  const body: { value: unknown[]; nextLink?: string } = { value: items.slice(start, end) };
  if (end < items.length) {
    const next = new URL(request.url);
    next.searchParams.set("$skiptoken", Buffer.from(String(end)).toString("base64url"));
    body.nextLink = next.href;
  }
  return { status: 200, body };
}
