import { Token } from "cdktf";
import type { Construct } from "constructs";

/** A value that Terraform fills in later says nothing yet: only literals can be judged at synth. */
export function isLiteral(value: string | number | undefined): boolean {
  return value !== undefined && !Token.isUnresolved(value);
}

/**
 * Collects what is wrong with a construct's props. CDKTF runs the check at synth and reports every
 * finding of every construct at once, each on its construct path.
 */
export function validateProps(scope: Construct, check: () => (string | false | undefined)[]): void {
  scope.node.addValidation({
    validate: () => check().filter((problem): problem is string => typeof problem === "string"),
  });
}
