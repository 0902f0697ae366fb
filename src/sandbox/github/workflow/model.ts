/** A workflow file after reading: expressions are still text. */
export interface WorkflowModel {
  readonly name: string | undefined;
  readonly events: readonly string[];
  readonly inputs: Readonly<Record<string, InputModel>>;
  readonly env: Readonly<Record<string, string>>;
  readonly permissions: Readonly<Record<string, string>> | undefined;
  readonly jobs: readonly JobModel[];
}

export interface InputModel {
  readonly type: "string" | "boolean" | "number" | "choice" | "environment";
  readonly required: boolean;
  readonly default: string | undefined;
  readonly options: readonly string[];
}

export interface JobModel {
  readonly key: string;
  readonly name: string | undefined;
  readonly labels: readonly string[];
  readonly group: string | undefined;
  readonly needs: readonly string[];
  readonly condition: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly permissions: Readonly<Record<string, string>> | undefined;
  readonly timeoutMinutes: number;
  /** One combination of the matrix a job; one empty combination without a matrix. */
  readonly combinations: readonly Readonly<Record<string, string>>[];
  readonly steps: readonly StepModel[];
}

export interface StepModel {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly run: string | undefined;
  readonly uses: string | undefined;
  readonly shell: string;
  readonly workingDirectory: string | undefined;
  readonly condition: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly continueOnError: boolean;
  readonly timeoutMinutes: number | undefined;
}

/** The file is not a workflow; each problem is a sentence. */
export class WorkflowFileError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
