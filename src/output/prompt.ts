import type { Readable, Writable } from "node:stream";

/** Questions to a person; exists only where there is a terminal. */
export interface Prompter {
  /** Undefined when the person cancelled (Ctrl-C, Esc). */
  confirm(message: string): Promise<boolean | undefined>;
  /** The answer is not shown. */
  password(message: string): Promise<string | undefined>;
  text(question: {
    readonly message: string;
    readonly initial?: string;
    readonly placeholder?: string;
    /** A complaint, or undefined when the answer will do. */
    readonly validate?: (answer: string) => string | undefined;
  }): Promise<string | undefined>;
  select(question: {
    readonly message: string;
    readonly options: readonly {
      readonly value: string;
      readonly label: string;
      readonly hint?: string;
    }[];
  }): Promise<string | undefined>;
}

export function createPrompter(streams: {
  readonly input: Readable;
  readonly output: Writable;
}): Prompter {
  const load = () => import("@clack/prompts");
  return {
    async confirm(message) {
      const { confirm, isCancel } = await load();
      const answer = await confirm({ message, initialValue: false, ...streams });
      return isCancel(answer) ? undefined : answer;
    },
    async password(message) {
      const { password, isCancel } = await load();
      const answer = await password({ message, ...streams });
      return isCancel(answer) ? undefined : answer;
    },
    async text(question) {
      const { text, isCancel } = await load();
      const answer = await text({
        message: question.message,
        ...(question.initial === undefined
          ? {}
          : { defaultValue: question.initial, placeholder: question.initial }),
        ...(question.placeholder === undefined ? {} : { placeholder: question.placeholder }),
        validate: (value) =>
          question.validate?.(
            value === undefined || value === "" ? (question.initial ?? "") : value,
          ),
        ...streams,
      });
      return isCancel(answer) ? undefined : answer;
    },
    async select(question) {
      const { select, isCancel } = await load();
      const answer = await select({
        message: question.message,
        options: question.options.map((option) => ({ ...option })),
        ...streams,
      });
      return isCancel(answer) ? undefined : answer;
    },
  };
}
