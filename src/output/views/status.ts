import type { Palette } from "../palette.js";
import type { Rendered } from "../rendered.js";

interface PoolView {
  readonly name: string;
  readonly job: string;
  readonly deployed: boolean;
  readonly trigger: string;
  readonly labels: readonly string[];
  readonly imageIsCurrent?: boolean;
  readonly running: number;
  readonly executions: readonly {
    readonly name: string;
    readonly status: string;
    readonly startedAt?: string;
  }[];
}

interface StatusView {
  readonly name: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly deployed: boolean;
  readonly image?: {
    readonly reference: string;
    readonly createdAt: string;
    readonly ageDays: number;
  };
  readonly pools: readonly PoolView[];
  readonly runners?: readonly {
    readonly name: string;
    readonly status: string;
    readonly busy: boolean;
  }[];
  readonly unreadable: readonly { readonly what: string; readonly why: string }[];
}

export function renderStatus(result: StatusView, palette: Palette): Rendered {
  if (!result.deployed) {
    return {
      data: result,
      text: `${result.name} is not deployed (nothing of it is in ${result.resourceGroup}). Next: runnerctl deploy`,
    };
  }
  const lines = [
    `${palette.bold(result.name)}  ${result.location}  ${result.resourceGroup}`,
    result.image === undefined
      ? "image  none built yet"
      : `image  ${result.image.reference}  (${describeAge(result.image.ageDays)})`,
    ...result.pools.flatMap((pool) => ["", ...renderPool(pool, palette)]),
  ];
  if (result.runners !== undefined) {
    lines.push("", "runners on GitHub");
    for (const { name, status, busy } of result.runners) {
      lines.push(`  ${name}  ${status}${busy ? ", busy" : ""}`);
    }
  }
  for (const { what, why } of result.unreadable)
    lines.push("", `${palette.yellow("not read")}  ${what}: ${why}`);
  return { data: result, text: lines.join("\n") };
}

function renderPool(pool: PoolView, palette: Palette): string[] {
  const facts = [
    pool.trigger,
    `${pool.running} running`,
    `labels ${pool.labels.join(", ")}`,
    ...(pool.imageIsCurrent === false ? [palette.yellow("not the current image: run deploy")] : []),
  ];
  const head = `${palette.bold(pool.name)}  ${pool.job}`;
  if (!pool.deployed) return [`${head}  ${palette.yellow("not deployed: run deploy")}`];
  const executions = pool.executions.map(({ name, status, startedAt }) =>
    `  ${name}  ${paintStatus(status, palette)}  ${startedAt ?? ""}`.trimEnd(),
  );
  return [
    `${head}  ${facts.join(" · ")}`,
    ...(executions.length === 0 ? ["  no executions"] : executions),
  ];
}

function paintStatus(status: string, palette: Palette): string {
  if (status === "Succeeded") return palette.green(status);
  return ["Failed", "Degraded"].includes(status) ? palette.red(status) : status;
}

function describeAge(days: number): string {
  if (days < 1) return "built today";
  return days < 2 ? "1 day old" : `${Math.floor(days)} days old`;
}
