import { findTrackingProblem } from "../../domain/base-image.js";
import { findCronProblem } from "../../domain/cron.js";
import { formatDuration } from "../../domain/duration.js";
import { findNameProblem, listNames } from "../../domain/resource-name-rules.js";
import { deriveResourceNames } from "../../domain/resource-names.js";
import type { DraftPart } from "../draft.js";
import type { ImageConfig } from "../types.js";
import { error, type Finding, isSure, type Rule } from "./finding.js";

/** Names are derived within Azure's bounds from a name that fits; what is left are words and clashes. */
export const checkResourceNames: Rule = ({ name, pools }) => {
  if (name === undefined) return [];
  // Any subscription will do: it only changes a suffix of fixed length.
  const names = deriveResourceNames("00000000-0000-0000-0000-000000000000", name);
  const unique = [...new Set(pools.map((pool) => pool.config.name))];
  const problems = new Map<string, string>();
  for (const { resource, name: derived } of listNames(names, unique)) {
    const problem = findNameProblem(resource, derived);
    if (problem !== undefined && !problems.has(problem)) problems.set(problem, resource);
  }
  const findings = [...problems].map(([problem, resource]): Finding =>
    error(
      ["name"],
      `The name of the ${resource} is derived from ${name}, and so ${problem}`,
      "Choose another name.",
    ),
  );
  const owners = new Map<string, string>();
  for (const pool of pools) {
    const job = names.job(pool.config.name);
    const other = owners.get(job);
    owners.set(job, pool.config.name);
    if (other === undefined || other === pool.config.name) continue;
    findings.push(
      error(
        [...pool.path, "name"],
        `The jobs of pools ${other} and ${pool.config.name} would both be named ${job}`,
        "Shorten the deployment's name or rename a pool: a job's name has at most 32 characters.",
      ),
    );
  }
  return findings;
};

/** https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations */
const mostTags = 50;
const reservedPrefixes = ["azure", "microsoft", "windows"];

export const checkTags: Rule = ({ tags }) => {
  const keys = Object.keys(tags);
  const findings: Finding[] = keys.flatMap((key, index): Finding[] => {
    const at = (what: string, fix: string): Finding[] => [
      { ...error(["tags", key], what, fix), at: "key" },
    ];
    const lower = key.toLowerCase();
    if (/[<>%&\\?/]/.test(key)) {
      return at(
        `The tag ${key} has one of < > % & \\ ? /, which Azure does not allow`,
        "Rename it.",
      );
    }
    const prefix = reservedPrefixes.find((reserved) => lower.startsWith(reserved));
    if (prefix !== undefined) {
      return at(`The tag ${key} starts with ${prefix}, which Azure reserves`, "Rename it.");
    }
    return keys.findIndex((other) => other.toLowerCase() === lower) === index
      ? []
      : at(`The tag ${key} is there twice; Azure ignores the case of tag names`, "Remove one.");
  });
  if (keys.length > mostTags) {
    findings.push(
      error(
        ["tags"],
        `There are ${keys.length} tags; Azure allows ${mostTags} on a resource`,
        "Remove some, or put several values into one tag as JSON.",
      ),
    );
  }
  return findings;
};

/** An ACR run may take 5 minutes to 8 hours: https://learn.microsoft.com/rest/api/containerregistry/registries/schedule-run */
const shortestBuild = 300;
const longestBuild = 8 * 3600;

export const checkImage: Rule = ({ image }) => {
  if (!image) return [];
  const findings: Finding[] = [];
  const { config } = image;
  if (
    isSure(image, "timeout") &&
    (config.timeoutSeconds < shortestBuild || config.timeoutSeconds > longestBuild)
  ) {
    findings.push(
      error(
        ["image", "timeout"],
        `A build may take ${formatDuration(config.timeoutSeconds)}; ACR Tasks allows ${formatDuration(shortestBuild)} to ${formatDuration(longestBuild)}`,
        "Write a duration in between, such as 1h; numbers alone are seconds.",
      ),
    );
  }
  if (image.written.has("dockerfile") && isSure(image, "context") && config.context === undefined) {
    findings.push(
      error(
        ["image", "dockerfile"],
        "image.dockerfile names a file in your own context, but image.context is not set",
        "Add image.context: the folder with the Dockerfile, relative to this file.",
      ),
    );
  }
  return [...findings, ...checkSchedule(image), ...checkBase(image), ...checkArguments(image)];
};

type ImagePart = DraftPart<ImageConfig>;

function checkSchedule(image: ImagePart): Finding[] {
  const { schedule } = image.config;
  const problem = schedule === undefined ? undefined : findCronProblem(schedule);
  return problem === undefined
    ? []
    : [
        error(
          ["image", "schedule"],
          `The schedule of the image is no cron expression: ${problem}`,
          'For example "0 3 * * 1": at 03:00 UTC on Mondays. Write never for no rebuilds.',
        ),
      ];
}

function checkBase(image: ImagePart): Finding[] {
  const { base, baseImageTrigger, context } = image.config;
  if (!baseImageTrigger || !image.written.has("baseImageTrigger") || !isSure(image, "base")) {
    return [];
  }
  // What an own Dockerfile starts from is its own affair.
  if (context !== undefined && base === undefined) return [];
  const problem = findTrackingProblem(base);
  return problem === undefined
    ? []
    : [
        error(
          ["image", "baseImageTrigger"],
          `A change of the base ${base ?? "image"} cannot start a build: ${problem}`,
          "Set image.base to a tag such as ubuntu:24.04, import the base into an Azure registry, or set baseImageTrigger: false; image.schedule rebuilds in any case.",
        ),
      ];
}

/** What has a key of its own, and what only the image that comes with runnerctl understands. */
function checkArguments(image: ImagePart): Finding[] {
  const { buildArgs, context } = image.config;
  const twins: Readonly<Record<string, string>> = {
    BASE_IMAGE: "base",
    RUNNER_VERSION: "runnerVersion",
    ...(context === undefined ? { PRESET: "preset", PACKAGES: "packages", SETUP: "setup" } : {}),
  };
  const findings = Object.entries(twins)
    .filter(([argument]) => argument in buildArgs)
    .map(([argument, key]): Finding => ({
      ...error(
        ["image", "buildArgs", argument],
        `The build argument ${argument} is set by image.${key}`,
        `Write image.${key} instead.`,
      ),
      at: "key",
    }));
  if (context === undefined || !isSure(image, "context")) return findings;
  for (const key of ["preset", "packages", "setup", "certificates"]) {
    if (!image.written.has(key)) continue;
    findings.push({
      ...error(
        ["image", key],
        `image.${key} is for the image that comes with runnerctl, but image.context names your own`,
        "Do it in your Dockerfile, or remove image.context.",
      ),
      at: "key",
    });
  }
  return findings;
}
