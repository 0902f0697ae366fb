import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with one plain line, so that any log reader can count without knowing vitest. */
class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    let skipped = 0;
    const flaky: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed") passed += 1;
        else if (state === "skipped") skipped += 1;
        else failed += 1;
        if (test.diagnostic()?.flaky === true) flaky.push(`${module.moduleId}: ${test.fullName}`);
      }
    }
    for (const name of flaky) process.stdout.write(`\nFLAKY, passed at the second try: ${name}`);
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}

export { CountReporter as default };
