/*
 * What the queue trigger costs of GitHub's rate limit. At each poll KEDA's github-runner scaler asks
 * for the queued and the in-progress runs of every repository, and once more for each active run:
 * https://keda.sh/docs/latest/scalers/github-runner/
 * Without a list of repositories it first pages through those of the organization, 30 at a time.
 */

export interface BudgetPool {
  readonly pollingIntervalSeconds: number;
}

const callsPerRepository = 2;

/**
 * Requests an hour: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * An App's installation has 5,000, more with more repositories and users up to 12,500, and 15,000
 * in an Enterprise Cloud organization.
 */
export const hourlyLimits = {
  pat: { sure: 5_000, most: 5_000 },
  app: { sure: 5_000, most: 15_000 },
} as const;

/** Calls an hour of all queue pools together while nothing runs; they share one credential. */
export function idleCallsPerHour(pools: readonly BudgetPool[], repositories: number): number {
  return Math.ceil(
    pools.reduce((sum, pool) => sum + pollsPerHour(pool) * repositories * callsPerRepository, 0),
  );
}

/** What each workflow run that is queued or running adds, an hour. */
export function callsPerActiveRun(pools: readonly BudgetPool[]): number {
  return Math.ceil(pools.reduce((sum, pool) => sum + pollsPerHour(pool), 0));
}

/** The shortest polling interval, the same for all pools, that stays within a share of the limit. */
export function shortestInterval(pools: number, repositories: number, limit: number): number {
  return Math.ceil((3600 * pools * repositories * callsPerRepository) / limit);
}

/** How many repositories fit, when they are not listed and so have to be paged through as well. */
export function repositoriesWithin(pools: readonly BudgetPool[], limit: number): number {
  const polls = callsPerActiveRun(pools);
  const perRepository = callsPerRepository + 1 / 30;
  return Math.floor(limit / (polls * perRepository));
}

function pollsPerHour(pool: BudgetPool): number {
  return 3600 / pool.pollingIntervalSeconds;
}
