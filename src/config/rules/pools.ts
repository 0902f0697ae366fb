import { findNearestSizes, formatSize, isOffered, maxCpu } from "../../domain/compute.js";
import { findCronProblem } from "../../domain/cron.js";
import { formatDuration } from "../../domain/duration.js";
import { error, type Finding, isSure, type Rule, warning } from "./finding.js";

export const checkPoolNames: Rule = ({ pools }) =>
  pools.flatMap((pool, index) => {
    const first = pools.findIndex((other) => other.config.name === pool.config.name);
    return first === index
      ? []
      : [
          error(
            [...pool.path, "name"],
            `Two pools are named ${pool.config.name}`,
            "Rename one: a pool's name is its job's name.",
          ),
        ];
  });

/** Sizes: https://learn.microsoft.com/azure/container-apps/containers#allocations */
export const checkCompute: Rule = ({ pools }) =>
  pools.flatMap((pool) => {
    const { name, cpu, memoryGi } = pool.config;
    if (!isSure(pool, "cpu", "memory") || isOffered({ cpu, memoryGi })) return [];
    const nearest = findNearestSizes({ cpu, memoryGi }).map(formatSize).join(", or ");
    return [
      error(
        [...pool.path, pool.written.has("cpu") ? "cpu" : "memory"],
        `Pool ${name} asks for ${formatSize({ cpu, memoryGi })}, which Container Apps does not offer`,
        `Nearest: ${nearest}. Offered are 0.25 to ${maxCpu} vCPU in steps of 0.25 with exactly 2Gi a vCPU; leave memory out and it follows.`,
      ),
    ];
  });

export const checkLimits: Rule = ({ pools }) =>
  pools.flatMap((pool) => {
    const { name, limits, trigger } = pool.config;
    if (!isSure(pool, "limits")) return [];
    const path = [...pool.path, "limits", "min"];
    const findings: Finding[] = [];
    if (limits.min > limits.max) {
      findings.push(
        error(
          path,
          `Pool ${name} has limits.min ${limits.min} above limits.max ${limits.max}`,
          `Set min to ${limits.max} or less, or max to ${limits.min} or more.`,
        ),
      );
    }
    if (limits.min > 0 && trigger.type !== "queue" && isSure(pool, "trigger")) {
      findings.push(
        error(
          path,
          `Pool ${name} has limits.min ${limits.min}, but trigger ${trigger.type} keeps no execution running`,
          "Remove limits.min, or set trigger: queue.",
        ),
      );
    }
    return findings;
  });

/** GitHub ends a job on a self-hosted runner after five days: https://docs.github.com/actions/reference/limits */
const longestJob = 5 * 86_400;
/** Start and registration alone take about a minute. */
const shortestUseful = 120;

export const checkTimeouts: Rule = ({ pools }) =>
  pools.flatMap((pool) => {
    const { name, timeoutSeconds } = pool.config;
    if (!isSure(pool, "timeout")) return [];
    const path = [...pool.path, "timeout"];
    const given = formatDuration(timeoutSeconds);
    if (timeoutSeconds < shortestUseful) {
      return [
        warning(
          path,
          `Pool ${name} ends its runners after ${given}; starting and registering one takes about a minute of that`,
          `Numbers alone are seconds: write ${timeoutSeconds}m for minutes.`,
        ),
      ];
    }
    return timeoutSeconds > longestJob
      ? [
          warning(
            path,
            `Pool ${name} lets a runner live for ${given}, but GitHub ends any job after 5d`,
            "Write 5d or less.",
          ),
        ]
      : [];
  });

export const checkSchedules: Rule = ({ pools }) =>
  pools.flatMap((pool) => {
    const { name, trigger } = pool.config;
    const problem = trigger.type === "schedule" ? findCronProblem(trigger.cron) : undefined;
    return problem === undefined
      ? []
      : [
          error(
            [...pool.path, "trigger", "cron"],
            `The schedule of pool ${name} is no cron expression: ${problem}`,
            'For example "0 6 * * 1-5": at 06:00 UTC from Monday to Friday.',
          ),
        ];
  });

/** Variables by which the platform and the image hand the runner over. */
const reservedVariables = /^(JIT_FILE|GITHUB_PAT|GITHUB_APP_\w+|CONTAINER_APP_\w+|IDENTITY_\w+)$/;
const secretVariables = /(^|_)(TOKEN|SECRET|PASSWORD|PASSPHRASE|PRIVATE_KEY|API_KEY|ACCESS_KEY)$/i;

export const checkVariables: Rule = ({ pools }) =>
  pools.flatMap((pool) =>
    Object.keys(pool.config.env).flatMap((variable): Finding[] => {
      const path = [...pool.path, "env", variable];
      if (reservedVariables.test(variable)) {
        return [
          {
            ...error(
              path,
              `Pool ${pool.config.name} sets ${variable}, which belongs to the platform and the image`,
              "Choose another name.",
            ),
            at: "key",
          },
        ];
      }
      if (!secretVariables.test(variable)) return [];
      return [
        {
          ...warning(
            path,
            `${variable} looks like a secret; every job of pool ${pool.config.name} can read it, and so can whoever reads this file or the Terraform state`,
            "Keep it in GitHub's secrets and hand it to the step that needs it.",
          ),
          at: "key",
        },
      ];
    }),
  );
