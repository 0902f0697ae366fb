import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Whole processes, Terraform and TLS servers run inside these tests; on two loaded cores the
    // default of five seconds measures the machine, not the code.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    reporters: ["default", "./test/count-reporter.ts"],
  },
});
