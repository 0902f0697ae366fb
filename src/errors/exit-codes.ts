/** The process exit codes, as documented in the README. Nothing else is ever returned. */
export const ExitCode = {
  ok: 0,
  /** A defect of runnerctl itself. */
  bug: 1,
  /** Wrong usage, or a problem in runnerctl.yaml. */
  usage: 2,
  /** No credential, an expired one, or a missing permission. */
  credentials: 3,
  notFound: 4,
  /** Azure or GitHub answered with an error, or could not be reached. */
  remote: 5,
  terraform: 6,
  /** A check failed: policy, doctor, drift, or a job that did not succeed. */
  checkFailed: 7,
  timeout: 8,
  /** The user said no. */
  declined: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
