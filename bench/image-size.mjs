// Size of a built runner image, layer by layer: `node bench/image-size.mjs [IMAGE]`. Without an
// image it takes the one that test/image-build made, where the runner application is a stand-in of
// a few kilobytes: the real one's layer comes on top and is the same for every preset.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const testImage = "localhost/runnerctl-test:plain";
const image = process.argv[2] ?? testImage;
const cache = process.env.RUNNERCTL_TEST_CACHE ?? join(homedir(), ".cache", "runnerctl-test");
const driver = ["overlay", "vfs"].find((name) => existsSync(join(cache, `storage-${name}`)));
const storage =
  process.argv[2] === undefined && driver !== undefined
    ? [
        ...["--root", join(cache, `storage-${driver}`)],
        ...["--runroot", join(cache, `run-${driver}`), "--storage-driver", driver],
      ]
    : [];

const { status, stdout, stderr } = spawnSync(
  "podman",
  [...storage, "history", "--no-trunc", "--human=false", "--format", "json", image],
  { encoding: "utf8" },
);
if (status !== 0) {
  console.error(
    `${image} cannot be read: ${stderr?.trim() ?? "podman is missing"}\nMake it with: npx vitest run test/image-build`,
  );
  process.exitCode = 1;
} else {
  const layers = JSON.parse(stdout)
    .filter((layer) => layer.size > 0)
    .reverse();
  const total = layers.reduce((sum, layer) => sum + layer.size, 0);
  for (const { size, CreatedBy } of layers) {
    const share = ((size / total) * 100).toFixed(1).padStart(5);
    console.log(`${megabytes(size)} MB ${share} %  ${describe(CreatedBy)}`);
  }
  console.log(`${megabytes(total)} MB         ${image}, uncompressed`);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1).padStart(7);
}

/** The instruction without the build arguments that podman puts in front of it. */
function describe(createdBy) {
  const text = createdBy
    .replace(/^\|\d+ .*?\/bin\/sh -c /, "RUN ")
    .replace(/^\/bin\/sh -c #\(nop\) /, "");
  return text.replace(/(file|dir):([0-9a-f]{8})[0-9a-f]*/, "$1:$2").slice(0, 80);
}
