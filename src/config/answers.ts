import { findPastedSecrets } from "../domain/pasted-secrets.js";
import type { Problem } from "../errors/runnerctl-error.js";
import { checkConfigValue } from "./check.js";
import type { Path } from "./document.js";

/** What `runnerctl init` can be told, each as the text of a flag or of a prompt. */
export type InitKey =
  | "name"
  | "location"
  | "owner"
  | "repositories"
  | "githubUrl"
  | "subscription"
  | "auth"
  | "appId"
  | "installationId"
  | "trigger";

export type InitAnswers = Readonly<Partial<Record<InitKey, string | undefined>>>;

export interface InitQuestion {
  readonly key: InitKey;
  /** The flag that answers it: `--location`. */
  readonly flag: string;
  readonly message: string;
  readonly default?: string;
  /** The only answers there are; otherwise any text. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** Without an answer the file is still whole: asked only by flag when false. */
  readonly required: boolean;
  /** Whether the question arises, after the answers so far. */
  readonly when?: (answers: InitAnswers) => boolean;
  /** A complaint, or undefined when the answer will do. */
  readonly validate: (answer: string) => string | undefined;
}

const isApp = (answers: InitAnswers): boolean => answers.auth === "app";

const questions: readonly (Omit<InitQuestion, "validate"> & { readonly path: string })[] = [
  {
    key: "name",
    flag: "--name",
    path: "name",
    message: "Name of this deployment (Azure resources are named after it)",
    required: true,
  },
  {
    key: "location",
    flag: "--location",
    path: "location",
    message: "Azure region",
    default: "westeurope",
    required: true,
  },
  {
    key: "owner",
    flag: "--owner",
    path: "github.owner",
    message: "GitHub user or organization that the runners serve",
    required: true,
  },
  {
    key: "repositories",
    flag: "--repositories",
    path: "github.repositories",
    message: "Repositories, separated by commas (empty: the whole organization)",
    default: "",
    required: false,
  },
  {
    key: "githubUrl",
    flag: "--github-url",
    path: "github.url",
    message: "Address of GitHub",
    default: "https://github.com",
    required: false,
    when: () => false,
  },
  {
    key: "subscription",
    flag: "--subscription",
    path: "subscription",
    message: "Azure subscription ID (empty: the Azure CLI's current one)",
    default: "",
    required: false,
  },
  {
    key: "auth",
    flag: "--auth",
    path: "github.auth.type",
    message: "How runners are registered",
    default: "pat",
    choices: [
      { value: "pat", label: "Personal access token" },
      { value: "app", label: "GitHub App" },
    ],
    required: false,
  },
  {
    key: "appId",
    flag: "--app-id",
    path: "github.auth.appId",
    message: "App ID (on the App's settings page)",
    required: true,
    when: isApp,
  },
  {
    key: "installationId",
    flag: "--installation-id",
    path: "github.auth.installationId",
    message: "Installation ID (the number at the end of the installation's address)",
    required: true,
    when: isApp,
  },
  {
    key: "trigger",
    flag: "--trigger",
    path: "pools[].trigger",
    message: "What starts runners",
    default: "manual",
    choices: [
      { value: "manual", label: "runnerctl trigger, from a terminal or a workflow" },
      { value: "queue", label: "the queue of waiting jobs" },
    ],
    required: false,
  },
];

/** In the order in which they are asked. */
export const initQuestions: readonly InitQuestion[] = questions.map(
  ({ path: _path, ...question }) => ({
    ...question,
    validate: (answer) => complainOf(question.key, answer),
  }),
);

/** The file's value that answers stand for; an empty answer is none. */
export function answersToValue(answers: InitAnswers): Record<string, unknown> {
  const text = (key: InitKey): string | undefined => {
    const answer = answers[key]?.trim();
    return answer === "" ? undefined : answer;
  };
  const auth =
    text("auth") === undefined || text("auth") === "pat"
      ? { type: "pat" }
      : withoutUndefined({
          type: text("auth"),
          appId: toNumber(text("appId")),
          installationId: toNumber(text("installationId")),
        });
  return withoutUndefined({
    name: text("name"),
    location: text("location"),
    subscription: text("subscription"),
    github: withoutUndefined({
      url: text("githubUrl"),
      owner: text("owner"),
      repositories: text("repositories")
        ?.split(",")
        .map((repository) => repository.trim())
        .filter((repository) => repository !== ""),
      auth,
    }),
    pools: [withoutUndefined({ name: "default", trigger: text("trigger") })],
  });
}

/** Everything wrong with the answers, by flag. */
export function findAnswerProblems(answers: InitAnswers): Problem[] {
  const pasted = questions.filter(({ key }) => findPastedSecrets(answers[key] ?? "").length > 0);
  if (pasted.length > 0) {
    // Nothing else is said of them, lest it be repeated.
    return pasted.map(({ flag }) => ({
      where: flag,
      what: "This is a secret, and secrets have no place in the file or on a command line",
      fix: "Revoke it if others may have seen it, and put a new one into Key Vault with `runnerctl secret set`.",
    }));
  }
  const locate = (path: Path): string => flagOf(path);
  return [
    ...checkConfigValue(answersToValue(answers), { locate, sourceOf: () => undefined }, "/").errors,
  ];
}

function flagOf(path: Path): string {
  const shape = path
    .map((key) => (typeof key === "number" ? "[]" : `.${String(key)}`))
    .join("")
    .slice(1);
  const exact = questions.find((question) => question.path === shape);
  const within = questions.find((question) => shape.startsWith(question.path));
  return (exact ?? within)?.flag ?? shape;
}

/** Judges one answer alone, the others being in order. */
function complainOf(key: InitKey, answer: string): string | undefined {
  const others: InitAnswers = { name: "acme", location: "westeurope", owner: "acme" };
  const app = key === "appId" || key === "installationId";
  const together = {
    ...others,
    ...(app ? { auth: "app", appId: "1", installationId: "1" } : {}),
    [key]: answer,
  };
  const flag = questions.find((question) => question.key === key)?.flag;
  const problem = findAnswerProblems(together).find(({ where }) => where === flag);
  return problem === undefined ? undefined : `${problem.what}. ${problem.fix ?? ""}`.trim();
}

function toNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

function withoutUndefined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
