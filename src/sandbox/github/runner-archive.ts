import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** The runner release that the sandbox offers: a stand-in for the application's tarball. */
export interface RunnerArchive {
  readonly version: string;
  readonly bytes: Buffer;
  /** `sha256:…`, as GitHub states it for an asset. */
  readonly digest: string;
}

const standInVersion = "2.336.0";

const runScript = `#!/bin/sh
# A stand-in: the sandbox brings a listener of its own and never starts this one.
echo "This is the sandbox's stand-in for the runner application." >&2
exit 1
`;

/** The same bytes every time, so that the digest in the release stays true after a restart. */
export function makeRunnerArchive(): RunnerArchive {
  const files: readonly [string, string][] = [
    ["run.sh", runScript],
    ["config.sh", runScript],
    ["bin/Runner.Listener", runScript],
    ["bin/installdependencies.sh", "#!/bin/sh\nexit 0\n"],
  ];
  const blocks = files.flatMap(([name, text]) => packFile(name, text));
  const bytes = gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { version: standInVersion, bytes, digest };
}

/** One executable file in the ustar format: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
function packFile(name: string, text: string): Buffer[] {
  const body = Buffer.from(text, "utf8");
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000755\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}
