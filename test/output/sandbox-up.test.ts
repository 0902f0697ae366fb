import { expect, test } from "vitest";
import { renderSandboxUp } from "../../src/output/views/sandbox-up.js";

test("the sandbox prints what points a shell, az and gh at it, fit to be pasted", () => {
  const { text } = renderSandboxUp({
    origin: "https://localhost:7443",
    httpOrigin: "http://localhost:7080",
    directory: "/home/ada/my sandbox",
    environment: { ARM_METADATA_HOSTNAME: "localhost:7443", NAME: "it's" },
  });
  const lines = text.split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "export ARM_METADATA_HOSTNAME=localhost:7443",
      "export NAME='it'\\''s'",
      "export AZURE_CONFIG_DIR='/home/ada/my sandbox/az'",
      "az cloud register --name sandbox --cloud-config '@/home/ada/my sandbox/az-cloud.json'",
      "export GH_HOST=localhost:7443",
      "export GH_ENTERPRISE_TOKEN=\"$(cat '/home/ada/my sandbox/state/github/pat')\"",
    ]),
  );
  // The one secret that is printed is the client's, among the variables.
  expect(text).not.toContain("ghp_");
});
