// Synthesizing the stacks, beside the stock cdktf CLI over the same app and configuration.
import { compare } from "./measure.mjs";
import { prepareSynthesis } from "./stacks.mjs";

const synthesis = await prepareSynthesis();
try {
  await compare("Synthesis", [synthesis.own, synthesis.stock]);
  const differences = await synthesis.findDifferences();
  console.log(
    differences.length === 0 ? "\nSame files, byte for byte." : `\nDifferent: ${differences}`,
  );
  if (differences.length > 0) process.exitCode = 1;
} finally {
  await synthesis.close();
}
