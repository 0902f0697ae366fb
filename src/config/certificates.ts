import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";

import { environmentInvalid } from "../errors/catalogue/config.js";

/**
 * The certificate authorities to trust, as one PEM text: the files that the environment names, and
 * Node's own list, because an explicit list replaces that one. Undefined when no file is named.
 */
export async function readCertificateAuthorities(
  files: readonly string[],
): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const texts = await Promise.all(
    files.map(async (file) => {
      try {
        return await readFile(file, "utf8");
      } catch {
        throw environmentInvalid(
          "SSL_CERT_FILE, NODE_EXTRA_CA_CERTS or REQUESTS_CA_BUNDLE",
          `names ${file}, which cannot be read`,
          "Point it at a PEM file with the certificate authorities, or unset it.",
        );
      }
    }),
  );
  return [...texts, ...rootCertificates].join("\n");
}
