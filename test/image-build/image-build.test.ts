import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provideBaseImage } from "./base-image.js";
import { demand, findMissing, podman, startPodman } from "./container-tools.js";
import { findInStream } from "./find-bytes.js";
import { buildRunnerImage, imageName } from "./runner-image.js";
import { type RunnerMirror, standInVersion, startRunnerMirror } from "./runner-mirror.js";

const missing = findMissing();
if (missing !== undefined) console.warn(`test/image-build is skipped: ${missing}`);

const secrets = { FEED_TOKEN: "feed-token-0123456789", SHORT: "x" };
/** Another one each time, so that the last steps are not taken from earlier layers. */
const created = new Date().toISOString();
const packed = Buffer.from(JSON.stringify(secrets)).toString("base64");

const setup = String.raw`#!/bin/bash
set -eu
test "$FEED_TOKEN" = ${secrets.FEED_TOKEN}
test "$(id -u)" = 0
printf 'echo tool\n' >/usr/local/bin/tool
chmod 4755 /usr/local/bin/tool
ln -s tool '/usr/local/bin/a link'
mkdir -p /opt/deep/er
echo content >/opt/deep/er/file
chown -R 1001:1001 /opt/deep
rm /usr/bin/git-shell
echo "$FEED_TOKEN" >/tmp/scratch
`;

describe.skipIf(missing !== undefined)("the runner image, built for real", () => {
  let folder: string;
  let mirror: RunnerMirror;
  let base: string;
  let log: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "image-build-"));
    mirror = await startRunnerMirror(folder);
    base = await provideBaseImage();
    const { code, stdout, stderr } = await buildRunnerImage({
      tag: "whole",
      base,
      mirror,
      folder,
      setup,
      secrets,
      args: { REVISION: "c-0123", CREATED: created, BASE_DIGEST: "sha256:0" },
    });
    log = `${stdout}${stderr}`;
    if (code !== 0) throw new Error(log.slice(-4000));
  }, 300_000);
  afterAll(async () => {
    await mirror.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inside = (script: string) =>
    demand(podman(["run", "--rm", "--entrypoint", "bash", imageName("whole"), "-c", script]));

  it("has tested itself as its last step", () => {
    expect(log).toContain(`runner ${standInVersion} in /home/runner is ready, preset minimal`);
    expect(log).not.toContain(secrets.FEED_TOKEN);
  });

  it("runs as the fixed user and owns its home", async () => {
    expect(await inside("id -un; id -u; id -g; stat -c '%u %g' ~ ~/bin ~/hooks; pwd")).toBe(
      "runner\n1001\n1001\n1001 1001\n1001 1001\n1001 1001\n/home/runner\n",
    );
  });

  it("holds no package caches and nothing of the build", async () => {
    expect(
      await inside(
        "find /var/lib/apt/lists /var/cache/apt /opt/build /opt/setup.sh /opt/changed /home/runner/_diag " +
          "/home/runner/externals/node20_alpine -type f 2>/dev/null | wc -l",
      ),
    ).toBe("0\n");
  });

  it("has the setup's changes: modes, owners, links and removals", async () => {
    expect(
      await inside(
        "stat -c '%a %U' /usr/local/bin/tool /opt/deep/er/file; readlink '/usr/local/bin/a link'; " +
          "test -e /usr/bin/git-shell || echo gone; stat -c '%a %U' /tmp /usr /; ls /usr/share/doc/runnerctl",
      ),
    ).toBe(
      "4755 root\n644 runner\ntool\ngone\n1777 root\n755 root\n555 root\nsbom.spdx.json\n".replace(
        "555 root\n",
        `${(await inside("stat -c '%a %U' /")).trim()}\n`,
      ),
    );
  });

  it("trusts the extra certificate", async () => {
    expect(
      await inside(
        "openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/runnerctl/extra-1.crt",
      ),
    ).toContain("OK");
  });

  it("says what it is: labels and a list of what is in it", async () => {
    const labels = JSON.parse(
      await demand(podman(["inspect", "--format", "{{json .Labels}}", imageName("whole")])),
    ) as Record<string, string>;
    expect(labels).toMatchObject({
      "org.opencontainers.image.version": standInVersion,
      "org.opencontainers.image.created": created,
      "org.opencontainers.image.revision": "c-0123",
      "org.opencontainers.image.base.name": base,
      "org.opencontainers.image.base.digest": "sha256:0",
    });
    const sbom = JSON.parse(await inside("cat /usr/share/doc/runnerctl/sbom.spdx.json")) as {
      spdxVersion: string;
      creationInfo: { created: string };
      packages: { name: string; SPDXID: string; checksums?: { checksumValue: string }[] }[];
    };
    expect(sbom.spdxVersion).toBe("SPDX-2.3");
    expect(sbom.creationInfo.created).toBe(created.replace(/\.\d+Z$/, "Z"));
    const names = sbom.packages.map((each) => each.name);
    expect(names).toContain("git");
    expect(sbom.packages[0]).toMatchObject({
      name: "actions-runner",
      checksums: [{ checksumValue: mirror.sha256 }],
    });
    expect(new Set(sbom.packages.map((each) => each.SPDXID)).size).toBe(names.length);
  });

  it("keeps the setup's secrets out of every layer, the history and the configuration", async () => {
    const texts = { plain: secrets.FEED_TOKEN, packed };
    const history = await demand(
      podman(["history", "--no-trunc", "--format", "{{.CreatedBy}}", imageName("whole")]),
    );
    const inspected = await demand(podman(["inspect", imageName("whole")]));
    for (const text of Object.values(texts)) {
      expect(history).not.toContain(text);
      expect(inspected).not.toContain(text);
    }
    const saved = startPodman(["save", "--format", "docker-archive", imageName("whole")]);
    // The runner's version is there: the search can find something.
    expect(await findInStream(saved.stdout, { ...texts, control: standInVersion })).toEqual([
      "control",
    ]);
  });

  it.each([
    [
      "a checksum that is not the archive's",
      { args: { RUNNER_SHA256: "0".repeat(64) } },
      /^fetch-runner: .* is not what was published: its SHA-256 is [0-9a-f]{64} instead of 0{64}$/,
    ],
    [
      "a mirror that cannot be reached",
      { args: { RUNNER_DOWNLOAD_URL: "http://127.0.0.1:1" } },
      /^fetch-runner: cannot download .* from http:\/\/127\.0\.0\.1:1\/v2\.999\.1: /,
    ],
    [
      "a mirror that has no such version",
      { args: { RUNNER_VERSION: "2.1.1" } },
      /^fetch-runner: cannot download actions-runner-linux-x64-2\.1\.1\.tar\.gz from .*404/,
    ],
    [
      "a setup that leaves a secret behind",
      { setup: `echo "x$FEED_TOKEN" >/opt/leak\n`, secrets },
      /^run-setup: the setup script left the secret FEED_TOKEN in \/opt\/leak: /,
    ],
    [
      "a setup that fails",
      { setup: "exit 3\n", secrets },
      /^run-setup: the setup script failed with exit code 3$/,
    ],
    [
      "an unknown preset",
      { args: { PRESET: "everything" } },
      /^install-image: unknown PRESET everything: say minimal, standard or azure$/,
    ],
  ])(
    "fails with one clear message for %s",
    async (title, more, expected) => {
      const { code, stdout, stderr } = await buildRunnerImage({
        tag: title.replace(/\W+/g, "-"),
        base,
        mirror,
        folder,
        ...more,
      });
      expect(code).not.toBe(0);
      const complaints = `${stdout}\n${stderr}`
        .split("\n")
        .filter((line) => /^(fetch-runner|run-setup|install-\w+): /.test(line));
      // A step that was done before may have said what it did.
      expect(complaints.at(-1)).toMatch(expected);
      expect(complaints.filter((line) => !/ runner 2\./.test(line))).toHaveLength(1);
    },
    120_000,
  );
});
