/** What a view makes of a result: data for machines, text for people. */
export interface Rendered {
  /** The `result` of the JSON envelope. */
  readonly data: unknown;
  /** For people; ends without a newline. Empty prints nothing. */
  readonly text: string;
  /** Step outputs under GitHub Actions. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Markdown for the step summary under GitHub Actions. */
  readonly summary?: string;
}
