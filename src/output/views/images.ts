import type { Palette } from "../palette.js";
import type { Rendered } from "../rendered.js";

interface ImageLine {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly bytes?: number;
}

interface ListView {
  readonly registry: string;
  readonly repository: string;
  readonly images: readonly (ImageLine & {
    readonly current: boolean;
    readonly createdAt: string;
    readonly ageDays: number;
    readonly runnerVersion?: string;
    readonly usedBy: readonly string[];
  })[];
}

export function renderImages(result: ListView, palette: Palette): Rendered {
  const place = `${result.registry}/${result.repository}`;
  if (result.images.length === 0) {
    return { data: result, text: `${place} has no images. Next: runnerctl build-image` };
  }
  const rows = result.images.map((image) => [
    image.tags.length === 0 ? "(untagged)" : image.tags.join(", "),
    shortenDigest(image.digest),
    image.createdAt.slice(0, 16).replace("T", " "),
    image.ageDays === 0 ? "today" : `${image.ageDays} d`,
    image.runnerVersion ?? "-",
    image.usedBy.length === 0 ? "-" : image.usedBy.join(", "),
  ]);
  const head = ["TAGS", "DIGEST", "CREATED (UTC)", "AGE", "RUNNER", "USED BY"];
  const [top = "", ...lines] = alignColumns([head, ...rows]);
  return {
    data: result,
    text: [
      palette.bold(place),
      palette.dim(top),
      ...lines.map((line, index) =>
        result.images[index]?.current === true ? palette.green(line) : line,
      ),
    ].join("\n"),
  };
}

interface PromoteView {
  readonly repository: string;
  readonly digest: string;
  readonly reference: string;
  readonly changed: boolean;
  readonly previous?: string;
  readonly followers: readonly string[];
  readonly pinned: readonly string[];
}

export function renderPromotion(result: PromoteView): Rendered {
  const from = result.previous === undefined ? "" : ` (was ${shortenDigest(result.previous)})`;
  const lines = [
    result.changed
      ? `${result.repository}:current is ${shortenDigest(result.digest)} now${from}`
      : `${result.repository}:current is ${shortenDigest(result.digest)} already`,
    result.reference,
  ];
  if (result.changed && result.followers.length > 0) {
    lines.push(`New executions run it: ${result.followers.join(", ")}`);
  }
  if (result.pinned.length > 0) {
    lines.push(`Pinned to another image by digest: ${result.pinned.join(", ")}`);
  }
  return {
    data: result,
    text: lines.join("\n"),
    outputs: { image: result.reference, digest: result.digest },
  };
}

interface PruneView {
  readonly registry: string;
  readonly repository: string;
  readonly keep: number;
  readonly remove: readonly ImageLine[];
  readonly kept: readonly (ImageLine & { readonly reason: string })[];
}

/** What would go and what would stay, before anybody is asked. */
export function renderPrunePlan(plan: PruneView, palette: Palette): string {
  const rows = (lines: readonly (readonly string[])[]): string[] => alignColumns(lines);
  return [
    `${palette.bold(`${plan.registry}/${plan.repository}`)}: ${plan.remove.length} to delete, ${plan.kept.length} to keep`,
    ...rows(plan.remove.map((image) => describeLine(image, ""))).map(
      (line) => `  ${palette.red("-")} ${line}`,
    ),
    ...rows(plan.kept.map((image) => describeLine(image, image.reason))).map((line) =>
      palette.dim(`    ${line}`),
    ),
  ].join("\n");
}

export function renderPrune(
  result: PruneView & {
    readonly removed: readonly string[];
    readonly spared: readonly { readonly digest: string; readonly reason: string }[];
  },
): Rendered {
  const lines =
    result.remove.length === 0
      ? [
          `Nothing to delete: every image of ${result.repository} is used, current or among the newest ${result.keep}`,
        ]
      : [
          `Deleted ${result.removed.length} of ${result.repository}; ${result.kept.length} kept. Azure frees their layers within hours`,
        ];
  for (const { digest, reason } of result.spared) {
    lines.push(`Left alone after all: ${shortenDigest(digest)} (${reason})`);
  }
  return { data: result, text: lines.join("\n") };
}

function describeLine(image: ImageLine, reason: string): string[] {
  const size = image.bytes === undefined ? "" : `${Math.ceil(image.bytes / 1_000_000)} MB`;
  const tags = image.tags.length === 0 ? "(untagged)" : image.tags.join(", ");
  return [tags, shortenDigest(image.digest), size, reason];
}

function shortenDigest(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
