/** A size that Container Apps offers on the Consumption profile. */
export interface ComputeSize {
  readonly cpu: number;
  readonly memoryGi: number;
}

export const maxCpu = 4;
const step = 0.25;

/**
 * 0.25 vCPU/0.5 Gi to 4/8 Gi in steps of 0.25 vCPU with 2 Gi a vCPU:
 * https://learn.microsoft.com/azure/container-apps/containers#allocations
 */
export const offeredSizes: readonly ComputeSize[] = Array.from(
  { length: maxCpu / step },
  (_, index) => ({ cpu: (index + 1) * step, memoryGi: (index + 1) * step * 2 }),
);

export function isOffered(size: ComputeSize): boolean {
  return offeredSizes.some((o) => o.cpu === size.cpu && o.memoryGi === size.memoryGi);
}

/** The memory that goes with a number of vCPUs, offered or not. */
export function memoryFor(cpu: number): number {
  return cpu * 2;
}

/**
 * The offered sizes nearest to one that is not: the one that honours the vCPU best and the one that
 * honours the memory best, smaller first; a single one when they agree.
 */
export function findNearestSizes(wanted: ComputeSize): ComputeSize[] {
  const byCpu = nearestBy((size) => Math.abs(size.cpu - wanted.cpu));
  const byMemory = nearestBy((size) => Math.abs(size.memoryGi - wanted.memoryGi));
  if (byCpu === byMemory) return [byCpu];
  return byCpu.cpu < byMemory.cpu ? [byCpu, byMemory] : [byMemory, byCpu];
}

/** Of two equally near sizes the larger: too little memory kills a job, too much only costs. */
function nearestBy(distance: (size: ComputeSize) => number): ComputeSize {
  return offeredSizes.reduce((best, size) => (distance(size) <= distance(best) ? size : best));
}

export function formatSize(size: ComputeSize): string {
  return `${size.cpu} vCPU with ${size.memoryGi}Gi`;
}

/** `4Gi`, `0.5Gi` → gibibytes. */
export function parseGibibytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*Gi$/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
