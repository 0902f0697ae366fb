/** The one stream of events that long work reports through; renderers in `output/` turn it into text. */

export type EventLevel = "debug" | "info" | "warn" | "error";

export interface RunnerctlEvent {
  /** Dotted name, stable: `image.build.log`, `terraform.resource.done`. */
  readonly name: string;
  readonly level: EventLevel;
  /** One line for people; may be empty for events that only carry data. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export type Emit = (event: RunnerctlEvent) => void;

/**
 * A step that takes time. Renderers show it with elapsed time from `start` to `done` or `failed`;
 * steps nest by being opened inside one another. Names: `step.start`, `step.done`, `step.failed`,
 * each with `data.step` (unique id) and `data.title`.
 */
export async function runStep<T>(
  emit: Emit,
  step: { readonly id: string; readonly title: string },
  work: () => Promise<T>,
): Promise<T> {
  const data = { step: step.id, title: step.title };
  emit({ name: "step.start", level: "info", message: step.title, data });
  try {
    const result = await work();
    emit({ name: "step.done", level: "info", message: step.title, data });
    return result;
  } catch (error) {
    emit({ name: "step.failed", level: "error", message: step.title, data });
    throw error;
  }
}

export const ignoreEvents: Emit = () => {};
