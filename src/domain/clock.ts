/** Time as operations see it, so that tests need not wait. */
export interface Clock {
  now(): Date;
  /** Rejects with the signal's reason when it fires first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Milliseconds before the next poll: half as long again each time, from `first` to `longest`, with a
 * fifth of chance either way, so that many waits started together do not stay together.
 */
export function pollDelay(
  attempt: number,
  options: { readonly first: number; readonly longest: number; readonly random: number },
): number {
  const base = Math.min(options.longest, options.first * 1.5 ** attempt);
  return Math.round(base * (0.8 + 0.4 * options.random));
}
