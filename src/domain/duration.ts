const secondsPerUnit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of `90m`, `6h`, `1d`, `45s` or a plain number of seconds; undefined if it is neither. */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  const match = /^(\d+)\s*([smhd])$/.exec(value.trim());
  if (match === null) return undefined;
  return Number(match[1]) * secondsPerUnit[match[2] as keyof typeof secondsPerUnit];
}

/** The shortest exact spelling that `parseDuration` reads back: 5400 → `90m`, 7200 → `2h`. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (seconds > 0 && seconds % secondsPerUnit[unit] === 0) {
      return `${seconds / secondsPerUnit[unit]}${unit}`;
    }
  }
  return `${seconds}s`;
}
