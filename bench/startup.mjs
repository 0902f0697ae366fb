// How long the command line takes to say something, beside an empty Node.js and the stock cdktf CLI.
import { cdktf, compare, runnerctl } from "./measure.mjs";

await compare("Start", [
  { name: "node -e 0", args: ["-e", "0"] },
  { name: "runnerctl --version", args: [runnerctl, "--version"] },
  { name: "runnerctl --help", args: [runnerctl, "--help"] },
  { name: "cdktf --version", args: [cdktf, "--version"] },
  { name: "cdktf --help", args: [cdktf, "--help"] },
]);
