import type { InitAnswers, InitQuestion } from "../operations/init.js";
import { checkInitTarget, initConfig, initQuestions } from "../operations/init.js";
import { interrupted } from "../errors/catalogue/command.js";
import type { Prompter } from "../output/prompt.js";
import { renderInit } from "../output/views/init.js";
import type { CommandHandler } from "./definition.js";
import { readString } from "./options.js";

export const runInit: CommandHandler = async (context, { options }) => {
  const target = {
    path: readString(options["config"]),
    cwd: context.runtime.cwd,
    force: options["force"] === true,
  };
  await checkInitTarget(target);
  let answers: InitAnswers = Object.fromEntries(
    initQuestions.flatMap(({ key, flag }) => {
      const given = readString(options[camelCase(flag)]);
      return given === undefined ? [] : [[key, given]];
    }),
  );
  if (context.prompter !== undefined) answers = await askForTheRest(context.prompter, answers);
  const result = await initConfig(
    { ...target, answers, version: context.runtime.version },
    { emit: context.emit },
  );
  return renderInit(result);
};

async function askForTheRest(prompter: Prompter, given: InitAnswers): Promise<InitAnswers> {
  const answers: Record<string, string | undefined> = { ...given };
  for (const question of initQuestions) {
    if (answers[question.key] !== undefined || question.when?.(answers) === false) continue;
    const answer = await ask(prompter, question);
    if (answer === undefined) throw interrupted("Nothing was written.");
    if (answer !== "") answers[question.key] = answer;
  }
  return answers;
}

function ask(prompter: Prompter, question: InitQuestion): Promise<string | undefined> {
  const { message, choices, validate } = question;
  if (choices !== undefined) return prompter.select({ message, options: choices });
  return prompter.text({
    message,
    ...(question.default === undefined ? {} : { initial: question.default }),
    validate: (text) => (text === "" && !question.required ? undefined : validate(text)),
  });
}

/** `--app-id` → `appId`, as commander names its options. */
function camelCase(flag: string): string {
  return flag.replace(/^--/, "").replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}
