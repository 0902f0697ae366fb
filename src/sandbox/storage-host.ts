import { readFileSync } from "node:fs";

/**
 * The host name of the storage account, in the form that Azure's have (`ACCOUNT.blob.SUFFIX`) and
 * that some clients take an upload address apart by. Names below `localhost` are loopback by RFC
 * 6761, but many machines resolve them only from a hosts file: so the name is used where it is there.
 */
export const storageHost = "sandbox.blob.localhost";

export function hasStorageHost(hosts = readHosts()): boolean {
  return hosts
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
    .some(([address, ...names]) => address === "127.0.0.1" && names.includes(storageHost));
}

function readHosts(): string {
  try {
    return readFileSync("/etc/hosts", "utf8");
  } catch {
    return "";
  }
}
