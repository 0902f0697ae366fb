import {
  completeLabels,
  defaultLabels,
  findOverlaps,
  isDefaultLabel,
} from "../../domain/labels.js";
import type { PoolConfig } from "../types.js";
import { error, type Finding, isSure, type Rule, warning } from "./finding.js";

export const checkLabels: Rule = ({ pools }) =>
  pools.flatMap((pool) => {
    const { name, labels, noDefaultLabels } = pool.config;
    if (!isSure(pool, "labels")) return [];
    return labels.flatMap((label, index): Finding[] => {
      const path = [...pool.path, "labels", index];
      const first = labels.findIndex((other) => other.toLowerCase() === label.toLowerCase());
      if (first !== index) {
        return [
          error(
            path,
            `Pool ${name} has the label ${label} twice; labels are matched without regard to case`,
            "Remove one.",
          ),
        ];
      }
      if (isDefaultLabel(label) && !noDefaultLabels && isSure(pool, "noDefaultLabels")) {
        return [
          error(
            path,
            `Pool ${name} lists ${label}, which every runner has anyway (${defaultLabels.join(", ")})`,
            `Remove ${label}, or set noDefaultLabels: true and list all labels yourself.`,
          ),
        ];
      }
      return describeMisleading(name, label).map(({ what, fix }) => warning(path, what, fix));
    });
  });

/** Labels that promise what these runners are not, or that GitHub's own runners go by. */
function describeMisleading(pool: string, label: string): { what: string; fix: string }[] {
  if (/^(arm|arm64|aarch64|windows|macos|osx)$/i.test(label)) {
    return [
      {
        what: `Pool ${pool} has the label ${label}, but its runners are Linux on x64: Container Apps offers nothing else`,
        fix: "Remove the label, or jobs that need such a machine will fail here.",
      },
    ];
  }
  if (/^(ubuntu|windows|macos)-/i.test(label)) {
    return [
      {
        what: `Pool ${pool} has the label ${label}, a name of GitHub's own runners: it is hard to tell where such a job runs`,
        fix: `Choose a label of your own, such as ${pool}.`,
      },
    ];
  }
  return [];
}

export const checkUnlabelled: Rule = ({ pools }) =>
  pools.flatMap((pool) =>
    pool.config.noDefaultLabels && !pool.written.has("labels")
      ? [
          warning(
            [...pool.path, "noDefaultLabels"],
            `Pool ${pool.config.name} has no labels but its name: only \`runs-on: ${pool.config.name}\` reaches it, and \`[self-hosted, …]\` does not`,
            `Say so with labels: [${pool.config.name}], or remove noDefaultLabels.`,
          ),
        ]
      : [],
  );

/**
 * Two pools between which GitHub would choose. With queue triggers both start a runner for one
 * job, and the second idles until its timeout.
 */
export const checkOverlaps: Rule = ({ pools }) => {
  const sure = pools.filter((pool) => isSure(pool, "labels", "noDefaultLabels", "name"));
  return findOverlaps(sure.map((pool) => pool.config)).flatMap((overlap): Finding[] => {
    const first = sure[overlap.first];
    const second = sure[overlap.second];
    // Two pools of one name are one complaint, made elsewhere.
    if (!first || !second || first.config.name === second.config.name) return [];
    const [a, b] = [first.config, second.config];
    const path = [...second.path, second.written.has("labels") ? "labels" : "name"];
    const runsOn = formatRunsOn(overlap.jobLabels, a, b);
    const sets = `${a.name} has ${a.labels.join(", ")}; ${b.name} has ${b.labels.join(", ")}`;
    if (overlap.kind === "shared") {
      const bothQueue = a.trigger.type === "queue" && b.trigger.type === "queue";
      return bothQueue
        ? [
            warning(
              path,
              `A job with \`runs-on: ${runsOn}\` starts a runner in both pools ${a.name} and ${b.name} (${sets})`,
              "Let jobs name all labels of the pool they want, or let the pools share none.",
            ),
          ]
        : [];
    }
    const smaller = overlap.kind === "contained" && overlap.jobLabels === b.labels ? b : a;
    return [
      error(
        path,
        `Pools ${a.name} and ${b.name} overlap: GitHub may give a job with \`runs-on: ${runsOn}\` to either (${sets})`,
        `${describeReach(overlap.kind, smaller, smaller === a ? b : a)} Replace ${overlap.jobLabels.join(", ")} in one of them by a label that the other lacks, such as ${suggestLabel(smaller, smaller === a ? b : a)} in pool ${smaller.name}, and name it in runs-on.`,
      ),
    ];
  });
};

function describeReach(
  kind: "same" | "contained",
  smaller: PoolConfig,
  larger: PoolConfig,
): string {
  if (kind === "same") return `No runs-on reaches one of them alone.`;
  return `\`${formatRunsOn(larger.labels, larger)}\` goes to ${larger.name} alone, but nothing goes to ${smaller.name} alone.`;
}

function suggestLabel(pool: PoolConfig, other: PoolConfig): string {
  const taken = new Set(completeLabels(other).map((label) => label.toLowerCase()));
  return [pool.name, `${pool.name}-only`].find((label) => !taken.has(label)) ?? `${pool.name}-pool`;
}

/** As people write it: with self-hosted in front where all the pools carry it. */
function formatRunsOn(labels: readonly string[], ...pools: readonly PoolConfig[]): string {
  const selfHosted = pools.every((pool) => !pool.noDefaultLabels) ? ["self-hosted"] : [];
  return `[${[...selfHosted, ...labels].join(", ")}]`;
}
