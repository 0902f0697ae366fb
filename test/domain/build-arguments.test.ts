import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultBaseDigest, findTrackingProblem } from "../../src/domain/base-image.js";
import {
  type BuildSettings,
  deriveBuildArgs,
  deriveContextFiles,
  deriveSecretBuildArgs,
  stampBuildArgs,
} from "../../src/domain/build-arguments.js";

const settings: BuildSettings = {
  context: undefined,
  base: undefined,
  preset: "minimal",
  packages: [],
  setup: undefined,
  certificates: [],
  runnerVersion: "latest",
  buildArgs: {},
};
const dockerfile = readFileSync(join(import.meta.dirname, "../../docker/Dockerfile"), "utf8");

describe("build arguments", () => {
  it("are all known to the Dockerfile that comes along", () => {
    const args = stampBuildArgs(
      deriveBuildArgs({
        ...settings,
        base: "debian:12@sha256:0",
        packages: ["make"],
        setup: "/srv/setup.sh",
      }),
      { revision: "c-1", created: new Date(0) },
    );
    expect(args).toEqual({
      RUNNER_VERSION: "latest",
      BASE_IMAGE: "debian:12@sha256:0",
      BASE_DIGEST: "sha256:0",
      PRESET: "minimal",
      PACKAGES: "make",
      SETUP: "1",
      REVISION: "c-1",
      CREATED: "1970-01-01T00:00:00.000Z",
    });
    for (const name of [...Object.keys(args), "SETUP_SECRETS"]) {
      expect(dockerfile).toMatch(new RegExp(`^ARG ${name}(=|$)`, "m"));
    }
  });

  it("name the digest of the default base, and none for a tag", () => {
    expect(dockerfile).toContain(`ARG BASE_IMAGE=ubuntu:24.04@${defaultBaseDigest}\n`);
    expect(deriveBuildArgs(settings)["BASE_DIGEST"]).toBe(defaultBaseDigest);
    expect(deriveBuildArgs({ ...settings, base: "debian:12" })).not.toHaveProperty("BASE_DIGEST");
  });

  it("leave an own Dockerfile alone", () => {
    const own = { ...settings, context: "/srv/image", buildArgs: { A: "b" } };
    expect(deriveBuildArgs(own)).toEqual({ RUNNER_VERSION: "latest", A: "b" });
    expect(deriveSecretBuildArgs(own, { TOKEN: "t" })).toEqual({ TOKEN: "t" });
    expect(deriveContextFiles({ ...own, certificates: ["/a.crt"] })).toEqual([]);
  });

  it("carry all secrets of the setup in one", () => {
    const { SETUP_SECRETS = "" } = deriveSecretBuildArgs(settings, { A: "1", B: "ä" });
    expect(JSON.parse(Buffer.from(SETUP_SECRETS, "base64").toString())).toEqual({ A: "1", B: "ä" });
    expect(deriveSecretBuildArgs(settings, {})).toEqual({});
  });

  it("come with the files that the configuration names", () => {
    const files = deriveContextFiles({
      ...settings,
      setup: "/srv/s.sh",
      certificates: ["/a.pem", "/b.crt"],
    });
    expect(files).toEqual([
      { path: "setup.sh", source: "/srv/s.sh" },
      { path: "ca/extra-1.crt", source: "/a.pem" },
      { path: "ca/extra-2.crt", source: "/b.crt" },
    ]);
  });
});

describe("a base image", () => {
  it.each([
    "ubuntu:24.04",
    "library/ubuntu",
    "acme/base:1",
    "docker.io/acme/base",
    "acme.azurecr.io/base:1",
    "mcr.microsoft.com/dotnet/runtime-deps:8.0-noble",
  ])("%s can be tracked", (base) => expect(findTrackingProblem(base)).toBeUndefined());

  it.each([
    ["ghcr.io/acme/base:1", "ghcr.io"],
    ["localhost:5000/base", "localhost:5000"],
    ["ubuntu:24.04@sha256:0", "pinned by digest"],
    [undefined, "pinned by digest"],
  ])("%s cannot be tracked", (base, why) => expect(findTrackingProblem(base)).toContain(why));
});
