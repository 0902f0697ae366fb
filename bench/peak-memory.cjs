// Loaded with `node --require` into every process of a command: leaves its peak resident memory, in
// kilobytes, in the folder PEAK_MEMORY.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

process.on("exit", () => {
  writeFileSync(
    join(process.env.PEAK_MEMORY, `${process.pid}`),
    `${process.resourceUsage().maxRSS}`,
  );
});
