/** A pool as far as labels are concerned. */
export interface LabelledPool {
  readonly name: string;
  /** As written in the configuration, without the default labels. */
  readonly labels: readonly string[];
  readonly noDefaultLabels: boolean;
}

/** What every self-hosted Linux runner carries unless it is registered without default labels. */
export const defaultLabels: readonly string[] = ["self-hosted", "linux", "x64"];

export function isDefaultLabel(label: string): boolean {
  return defaultLabels.includes(label.toLowerCase());
}

/** All labels of a pool's runners: the default ones first, none twice. */
export function completeLabels(pool: LabelledPool): string[] {
  const labels = pool.noDefaultLabels ? pool.labels : [...defaultLabels, ...pool.labels];
  const seen = new Set<string>();
  return labels.filter((label) => {
    const key = label.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** GitHub gives a job to a runner that has all of the job's labels, without regard to case. */
export function jobLabelsMatch(
  jobLabels: readonly string[],
  runnerLabels: readonly string[],
): boolean {
  const has = new Set(runnerLabels.map((label) => label.toLowerCase()));
  return jobLabels.every((label) => has.has(label.toLowerCase()));
}

export interface LabelOverlap {
  /** Indices into the pools given; `first` < `second`. */
  readonly first: number;
  readonly second: number;
  /**
   * `same`: neither pool can be addressed alone. `contained`: one pool's labels are all on the
   * other, so that no `runs-on` reaches the smaller one alone. `shared`: each can be addressed
   * alone, but a job that asks only for the labels in common may start on either.
   */
  readonly kind: "same" | "contained" | "shared";
  /** The labels of a job that either pool would take. */
  readonly jobLabels: readonly string[];
}

/**
 * Pairs of pools between which GitHub, not the author of a workflow, would choose. The default
 * labels alone do not count: every pool has them, and no pool is addressed by them.
 */
export function findOverlaps(pools: readonly LabelledPool[]): LabelOverlap[] {
  const overlaps: LabelOverlap[] = [];
  pools.forEach((a, first) => {
    pools.slice(first + 1).forEach((b, offset) => {
      const overlap = compareLabels(a, b);
      if (overlap !== undefined) overlaps.push({ first, second: first + 1 + offset, ...overlap });
    });
  });
  return overlaps;
}

function compareLabels(
  a: LabelledPool,
  b: LabelledPool,
): Pick<LabelOverlap, "kind" | "jobLabels"> | undefined {
  const aOnB = jobLabelsMatch(a.labels, completeLabels(b));
  const bOnA = jobLabelsMatch(b.labels, completeLabels(a));
  if (aOnB && bOnA) return { kind: "same", jobLabels: a.labels };
  if (aOnB) return { kind: "contained", jobLabels: a.labels };
  if (bOnA) return { kind: "contained", jobLabels: b.labels };
  const common = a.labels.filter(
    (label) => !isDefaultLabel(label) && jobLabelsMatch([label], completeLabels(b)),
  );
  return common.length === 0 ? undefined : { kind: "shared", jobLabels: common };
}
