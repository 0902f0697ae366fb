import type { Context } from "../context.js";
import { confirmationImpossible, interrupted } from "../errors/catalogue/command.js";
import type { ConfirmChanges } from "../operations/deploy-apply.js";
import { renderChanges } from "../output/views/changes.js";

/** Shows what would change and asks; `--yes` shows and goes on. */
export function createConfirmation(context: Context): ConfirmChanges {
  return async ({ action, changes }) => {
    context.emit({
      name: `${action}.changes`,
      level: "info",
      message: renderChanges(changes, context.shell.palette),
      data: { changes },
    });
    if (context.options["yes"] === true) return true;
    if (context.prompter === undefined) {
      throw confirmationImpossible(
        action === "deploy" ? "Deploying" : "Destroying",
        context.commandLine,
      );
    }
    const answer = await context.prompter.confirm(
      action === "deploy" ? "Apply these changes?" : "Remove all of this? It cannot be undone.",
    );
    if (answer === undefined) throw interrupted("Nothing of this plan was applied.");
    return answer;
  };
}
