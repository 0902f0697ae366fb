import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Whole processes, Terraform and TLS servers run inside these tests; on two loaded cores the
    // default of five seconds measures the machine, not the code.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // On a shared CI machine a second try tells a starved test from a broken one; every test that
    // needed it is named at the end, to be mended.
    retry: process.env["CI"] === "true" ? 1 : 0,
    reporters: ["default", "./test/count-reporter.ts"],
  },
});
