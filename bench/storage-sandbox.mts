// The sandbox in the form that the Azure CLI can upload to: blobs under a host name below
// `localhost`, reached through a proxy on loopback where the machine does not resolve such names.
// One line of JSON says where it is; it ends with its standard input.
import { startSandbox } from "../src/sandbox/start.js";
import { startLoopbackProxy } from "../test/contract/loopback-proxy.js";

const [directory = "", packageRoot = ""] = process.argv.slice(2);
const proxy = await startLoopbackProxy();
const sandbox = await startSandbox({
  directory,
  packageRoot,
  asyncSeconds: 0,
  storageHostName: true,
});
const { origin, controlToken, environment } = sandbox;
console.log(
  JSON.stringify({
    origin,
    controlToken,
    environment: { ...environment, HTTPS_PROXY: proxy.url },
  }),
);
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve));
await sandbox.close();
await proxy.close();
