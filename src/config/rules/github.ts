import {
  callsPerActiveRun,
  hourlyLimits,
  idleCallsPerHour,
  repositoriesWithin,
  shortestInterval,
} from "../../domain/call-budget.js";
import { githubKindOf } from "../../domain/github-address.js";
import type { Draft } from "../draft.js";
import { error, type Finding, isSure, type Rule, warning } from "./finding.js";

export const checkScope: Rule = ({ github }) => {
  if (!github || !isSure(github, "scope", "repositories")) return [];
  const { scope, repositories } = github.config;
  if (scope !== "repository" || repositories.length === 1) return [];
  const count = repositories.length === 0 ? "none" : String(repositories.length);
  return [
    error(
      ["github", "scope"],
      `Runners of scope repository register in exactly one repository; ${count} ${count === "none" ? "is" : "are"} named`,
      "Name one in github.repositories, or set scope: organization.",
    ),
  ];
};

/** Runner groups exist in organizations and enterprises: https://docs.github.com/actions/how-tos/manage-runners/self-hosted-runners/manage-access */
export const checkRunnerGroup: Rule = ({ github }) =>
  github &&
  isSure(github, "scope", "repositories", "runnerGroup") &&
  github.config.scope === "repository" &&
  github.written.has("runnerGroup")
    ? [
        error(
          ["github", "runnerGroup"],
          "Runners of a repository belong to no runner group",
          "Remove runnerGroup, or set scope: organization.",
        ),
      ]
    : [];

export const checkEnterprise: Rule = ({ github, pools }) => {
  if (!github || !isSure(github, "scope") || github.config.scope !== "enterprise") return [];
  const findings: Finding[] = [];
  if (github.config.auth.type === "app" && isSure(github, "auth")) {
    findings.push(
      warning(
        ["github", "auth", "type"],
        "GitHub documents the enterprise runner endpoints for classic tokens with manage_runners:enterprise, not for installation tokens of an App",
        "Use auth: {type: pat}, or scope: organization with the App.",
      ),
    );
  }
  for (const pool of pools.filter(({ config }) => config.trigger.type === "queue")) {
    findings.push(
      warning(
        [...pool.path, "trigger"],
        `The queue trigger looks for repositories of an organization named ${github.config.owner}; enterprises have none`,
        "Unless an organization has the enterprise's name, use trigger: manual, or deploy once per organization.",
      ),
    );
  }
  return findings;
};

/**
 * The scaler reads `applicationID` as a number; given a client ID it never starts a runner:
 * https://keda.sh/docs/latest/scalers/github-runner/#setting-up-the-github-app
 */
export const checkScalerAppId: Rule = ({ github, pools }) => {
  if (!github || !isSure(github, "auth")) return [];
  const { auth } = github.config;
  if (auth.type !== "app" || /^\d+$/.test(auth.appId)) return [];
  const queue = pools.find(({ config }) => config.trigger.type === "queue");
  return queue === undefined
    ? []
    : [
        error(
          ["github", "auth", "appId"],
          `${auth.appId} is the App's client ID, and the queue trigger of pool ${queue.config.name} knows Apps by their number alone`,
          "Write the App ID, the number above the client ID on the App's settings page.",
        ),
      ];
};

/** Whether the queue triggers, polling together, stay within what GitHub allows one credential. */
export const checkCallBudget: Rule = (draft) => {
  const { github } = draft;
  const queue = draft.pools.flatMap((pool) =>
    pool.config.trigger.type === "queue" && isSure(pool, "trigger")
      ? [{ ...pool, interval: pool.config.trigger.pollingIntervalSeconds }]
      : [],
  );
  const [first] = queue;
  if (!github || !first || !isSure(github, "repositories", "auth", "url")) return [];
  // A GHES host has no limit unless its administrators set one.
  if (githubKindOf(github.config.url) === "server") return [];
  const pools = queue.map(({ interval }) => ({ pollingIntervalSeconds: interval }));
  const limit = hourlyLimits[github.config.auth.type];
  const repositories = github.config.repositories.length;
  if (repositories === 0) return describeUnlisted(first.path, pools, limit.sure);

  const calls = idleCallsPerHour(pools, repositories);
  const sum = `${count(queue.length, "queue pool")} polling ${count(repositories, "repository", "repositories")} make ${format(calls)} requests an hour to GitHub while nothing runs`;
  const ways = describeWaysOut(draft, queue.length, repositories, limit.sure);
  if (calls > limit.most) {
    return [
      error(
        [...first.path, "trigger"],
        `${sum}; ${describeLimit(github.config.auth.type)}. When it is spent, no runner starts until the hour is over`,
        ways,
      ),
    ];
  }
  if (calls > limit.sure * 0.75) {
    const perRun = callsPerActiveRun(pools);
    return [
      warning(
        [...first.path, "trigger"],
        `${sum}, and each active workflow run adds ${format(perRun)}; ${describeLimit(github.config.auth.type)}`,
        ways,
      ),
    ];
  }
  return [];
};

function describeUnlisted(
  path: readonly PropertyKey[],
  pools: readonly { readonly pollingIntervalSeconds: number }[],
  limit: number,
): Finding[] {
  const fitting = repositoriesWithin(pools, limit);
  return [
    warning(
      [...path, "trigger"],
      `Without github.repositories the queue trigger polls every repository of the owner: above about ${fitting} of them it spends GitHub's ${format(limit)} requests an hour, and then no runner starts`,
      "List the repositories whose jobs these pools run in github.repositories.",
    ),
  ];
}

function describeWaysOut(
  { github, pools }: Draft,
  queuePools: number,
  repositories: number,
  limit: number,
): string {
  const interval = shortestInterval(queuePools, repositories, limit / 2);
  const ways = [`set pollingInterval: ${interval}s or longer (half the limit)`];
  if (repositories > 1) ways.push("list fewer repositories");
  if (queuePools > 1) ways.push("use trigger: queue on fewer pools");
  if (github?.config.auth.type === "pat") ways.push("authenticate as a GitHub App");
  if (pools.length > 0) ways.push("start runners from the workflow (trigger: manual)");
  return `${ways.slice(0, -1).join("; ")}; or ${ways.at(-1)}.`.replace(/^./, (c) =>
    c.toUpperCase(),
  );
}

function describeLimit(auth: "pat" | "app"): string {
  const { sure, most } = hourlyLimits[auth];
  return auth === "pat"
    ? `a token has ${format(sure)}`
    : `an App has ${format(sure)}, and up to ${format(most)} in a large organization`;
}

function count(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? `1 ${one}` : `${n} ${many}`;
}

function format(n: number): string {
  return n.toLocaleString("en-US");
}
