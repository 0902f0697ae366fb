/** How a container's processes are kept apart from the machine that runs the sandbox. */
export type Isolation = "namespaces" | "process";

export interface ContainerLaunch {
  /** The container's own tree on the host: what becomes `/`, as far as the isolation can do that. */
  readonly root: string;
  /** A folder beside it for what the launcher needs itself. */
  readonly scratch: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** The image's user is root: still nobody outside the container. */
  readonly asRoot: boolean;
  readonly mounts: readonly {
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  readonly onOutput: (stream: "stdout" | "stderr", text: string) => void;
}

export interface ContainerExit {
  /** As a shell gives it: 128 + n for signal n. */
  readonly code: number;
}

export interface RunningContainer {
  /** After the last process has ended and its output was handed over. Rejects with `ContainerSetupError`. */
  readonly exit: Promise<ContainerExit>;
  /** To the first process, as a container runtime does it. */
  terminate(): void;
  kill(): void;
}

/** The container could not be set up: none of its own programs ran. */
export class ContainerSetupError extends Error {}

/** The uid and gid that images use for the user `runner`. */
export const containerUser = 1001;
