import type { Draft } from "./draft.js";
import { checkImage, checkResourceNames, checkTags } from "./rules/deployment.js";
import type { Finding, Rule } from "./rules/finding.js";
import {
  checkCallBudget,
  checkEnterprise,
  checkRunnerGroup,
  checkScalerAppId,
  checkScope,
} from "./rules/github.js";
import { checkLabels, checkOverlaps, checkUnlabelled } from "./rules/labels.js";
import {
  checkCompute,
  checkLimits,
  checkPoolNames,
  checkSchedules,
  checkTimeouts,
  checkVariables,
} from "./rules/pools.js";

/** What no key alone can be wrong about. Every rule stands for itself; none sees another's findings. */
const rules: readonly Rule[] = [
  checkResourceNames,
  checkTags,
  checkScope,
  checkRunnerGroup,
  checkEnterprise,
  checkScalerAppId,
  checkCallBudget,
  checkImage,
  checkPoolNames,
  checkLabels,
  checkUnlabelled,
  checkOverlaps,
  checkCompute,
  checkLimits,
  checkTimeouts,
  checkSchedules,
  checkVariables,
];

export function runRules(draft: Draft): Finding[] {
  return rules.flatMap((rule) => rule(draft));
}
