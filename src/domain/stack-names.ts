/** The stacks in the order in which they are applied; each has a state of its own. */
export const stackNames = ["platform", "runners"] as const;

export type StackName = (typeof stackNames)[number];

export function isStackName(text: string): text is StackName {
  return (stackNames as readonly string[]).includes(text);
}
