import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildah, cache, demand, podman, run } from "./container-tools.js";

/*
 * A base image without any registry: debootstrap's smallest system, with this machine's package
 * sources, so that a build inside reaches whatever mirror this machine reaches.
 */

interface Source {
  readonly uri: string;
  readonly release: string;
  readonly component: string;
  readonly label: string;
}

function listSources(): Source[] {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(LABEL)";
  const { stdout } = spawnSync(
    "apt-get",
    ["indextargets", "--format", format, "Created-By: Packages"],
    { encoding: "utf8" },
  );
  return (stdout ?? "").split("\n").flatMap((line) => {
    const [uri, release, component, label] = line.split(" ");
    if (uri === undefined || release === undefined || component === undefined) return [];
    return /^Debian/.test(label ?? "") ? [{ uri, release, component, label: label ?? "" }] : [];
  });
}

/** Ways through a proxy, and leniency with mirrors that are snapshots. */
function listAptOptions(): string {
  const { stdout } = spawnSync("apt-config", ["dump"], { encoding: "utf8" });
  return (stdout ?? "")
    .split("\n")
    .filter((line) => /^Acquire::(https?::Proxy|Check-|https?::Verify)/i.test(line))
    .map((line) => `${line}\n`)
    .join("");
}

/** The image's name; made when this machine has none yet, in about a minute. */
export async function provideBaseImage(): Promise<string> {
  const sources = listSources();
  const main = sources.find(({ label }) => label === "Debian");
  const release = main?.release ?? "bookworm";
  const name = `localhost/runnerctl-test-base:${release}`;
  if ((await buildah(["inspect", "--type", "image", name])).code === 0) return name;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "base-"));
  try {
    await demand(
      run("debootstrap", [
        ...["--variant=minbase", release, folder],
        // Without a mirror of this machine's own, debootstrap knows one.
        ...(main === undefined ? [] : [main.uri]),
      ]),
    );
    if (sources.length > 0) {
      writeFileSync(
        join(folder, "etc/apt/sources.list"),
        sources
          .map(({ uri, release: suite, component }) => `deb ${uri} ${suite} ${component}\n`)
          .join(""),
      );
    }
    writeFileSync(join(folder, "etc/apt/apt.conf.d/99test"), listAptOptions());
    const archive = `${folder}.tar`;
    await demand(run("tar", ["-C", folder, "--numeric-owner", "-cf", archive, "."]));
    await demand(podman(["import", archive, name]));
    rmSync(archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return name;
}
