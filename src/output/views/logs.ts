import type { LogLine } from "../../domain/log-query.js";
import type { Palette } from "../palette.js";
import type { Rendered } from "../rendered.js";

export function renderLogLine(line: LogLine, palette: Palette): Rendered {
  return {
    data: { ...line, time: line.time.toISOString() },
    text: `${palette.dim(`${line.time.toISOString()} ${line.container}`)}  ${line.text}`,
  };
}
