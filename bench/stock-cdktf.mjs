// Whether the stock `cdktf synth`, run in this repository, makes the same files as `runnerctl synth`.
import { prepareSynthesis } from "./stacks.mjs";

const synthesis = await prepareSynthesis();
try {
  await synthesis.synthesize();
  const differences = await synthesis.findDifferences();
  if (differences.length === 0) {
    console.log("cdktf synth and runnerctl synth: the same files, byte for byte.");
  } else {
    console.error(`cdktf synth and runnerctl synth differ in ${differences.join(", ")}`);
    process.exitCode = 1;
  }
} finally {
  await synthesis.close();
}
