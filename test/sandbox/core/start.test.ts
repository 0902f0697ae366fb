import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SandboxBusyError } from "../../../src/sandbox/lock.js";
import { openSandbox, resetSandbox } from "../../../src/sandbox/open.js";
import type { RunningSandbox } from "../../../src/sandbox/start.js";
import { fetchToken, send } from "./http.js";
import { control, makeFolder, packageRoot, readCa, startFast } from "./sandbox-fixture.js";

describe("a running sandbox", () => {
  const folder = makeFolder();
  let sandbox: RunningSandbox;
  beforeAll(async () => {
    sandbox = await startFast(folder.path);
  });
  afterAll(async () => {
    await sandbox.close();
    folder.remove();
  });

  test.each(["localhost", "127.0.0.1"])(
    "CORE-1: serves HTTPS on %s with a certificate of its own CA",
    async (host) => {
      const { port } = new URL(sandbox.origin);
      const health = await send(`https://${host}:${port}/_sandbox/health`, { ca: readCa(sandbox) });
      expect(health.json).toMatchObject({ status: "ok", pid: process.pid });
      await expect(send(`https://${host}:${port}/_sandbox/health`)).rejects.toThrow();
    },
  );

  test("CORE-2: the certificate names localhost, the storage host, 127.0.0.1 and ::1 and holds for a year", async () => {
    const { port } = new URL(sandbox.origin);
    const socket = connect({
      host: "127.0.0.1",
      port: Number(port),
      ca: readCa(sandbox),
      servername: "localhost",
    });
    await once(socket, "secureConnect");
    const certificate = socket.getPeerCertificate();
    socket.destroy();
    expect(certificate.subjectaltname).toBe(
      "DNS:localhost, DNS:sandbox.blob.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    const days = (Date.parse(certificate.valid_to) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(365);
  });

  test("CORE-3: serves the same over plain HTTP on a second port", async () => {
    expect((await send(`${sandbox.httpOrigin}/_sandbox/health`)).status).toBe(200);
  });

  test("CORE-4: control.json is its owner's alone and tells how to reach it", () => {
    const file = join(folder.path, "control.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      pid: process.pid,
      origin: sandbox.origin,
      token: sandbox.controlToken,
      environment: sandbox.environment,
    });
  });

  test("CORE-5: control takes the control token; the health check does not", async () => {
    const refused = await send(`${sandbox.httpOrigin}/_sandbox/requests`, {
      headers: { authorization: "Bearer wrong" },
    });
    expect([refused.status, refused.json.error.code]).toEqual([401, "ControlTokenRequired"]);
    expect((await control(sandbox, "GET", "requests")).status).toBe(200);
  });

  test("CORE-6: the environment points every client at it", () => {
    const host = new URL(sandbox.origin).host;
    expect(sandbox.environment).toMatchObject({
      ARM_METADATA_HOSTNAME: host,
      AZURE_AUTHORITY_HOST: sandbox.origin,
      ARM_DISABLE_INSTANCE_DISCOVERY: "true",
      RUNNERCTL_GITHUB_URL: sandbox.origin,
      TF_DISABLE_PLUGIN_TLS: "1",
    });
    for (const file of ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "TF_CLI_CONFIG_FILE"]) {
      expect(existsSync(sandbox.environment[file] ?? ""), file).toBe(true);
    }
  });

  test("CORE-7: lists the requests that arrived, with status and caller, and no signature", async () => {
    await control(sandbox, "DELETE", "requests");
    const token = await fetchToken(sandbox.httpOrigin, sandbox.environment);
    const path = `/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}`;
    const query = "?api-version=2022-12-01&sig=verysecret";
    await send(`${sandbox.httpOrigin}${path}${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const listed = await control(sandbox, "GET", "requests");
    const found = listed.json.value.find((one: { path: string }) => one.path === path);
    expect(found).toMatchObject({ method: "GET", status: 200, listener: "main", service: "arm" });
    expect(found.principal).toMatch(/^[0-9a-f-]{36}$/);
    expect(listed.text).not.toContain("verysecret");
  });

  test("CORE-8: what nobody serves is 404, and broken JSON is 400", async () => {
    const nowhere = await send(`${sandbox.httpOrigin}/_sandbox/nowhere`, {
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
    });
    expect(nowhere.status).toBe(404);
    const broken = await control(sandbox, "POST", "faults", "{");
    expect([broken.status, broken.json.error.code]).toEqual([400, "InvalidRequestContent"]);
  });

  test("CORE-9: a second sandbox on the same directory is refused", async () => {
    await expect(startFast(folder.path)).rejects.toThrow(SandboxBusyError);
  });

  test("CORE-10: opening finds the running one and leaves it running", async () => {
    const opened = await openSandbox({ directory: folder.path, packageRoot });
    expect([opened.started, opened.origin]).toEqual([false, sandbox.origin]);
    expect(opened.environment).toEqual(sandbox.environment);
    await opened.close();
    expect((await control(sandbox, "GET", "clock")).status).toBe(200);
  });

  test("CORE-11: a reset of the running one forgets everything but its address and credentials", async () => {
    const token = await fetchToken(sandbox.httpOrigin, sandbox.environment);
    const group = `${sandbox.httpOrigin}/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg-a?api-version=2021-04-01`;
    const headers = { authorization: `Bearer ${token}` };
    await send(group, { method: "PUT", headers, body: { location: "westeurope" } });
    expect((await send(group, { headers })).status).toBe(200);
    expect(await resetSandbox(folder.path)).toEqual({ running: true });
    expect((await send(group, { headers })).status).toBe(404);
    await expect(fetchToken(sandbox.httpOrigin, sandbox.environment)).resolves.toBeTruthy();
  });
});

describe("the state directory", () => {
  test("CORE-12: resources, ports and credentials survive a restart", async () => {
    const folder = makeFolder();
    const first = await startFast(folder.path);
    const path = `/subscriptions/${first.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg-a?api-version=2021-04-01`;
    const token = await fetchToken(first.httpOrigin, first.environment);
    const headers = { authorization: `Bearer ${token}` };
    await send(first.httpOrigin + path, {
      method: "PUT",
      headers,
      body: { location: "westeurope" },
    });
    await first.close();
    expect(existsSync(join(folder.path, "control.json"))).toBe(false);
    const second = await startFast(folder.path);
    expect(second.environment).toEqual(first.environment);
    expect((await send(second.httpOrigin + path, { headers })).status).toBe(200);
    await second.close();
    folder.remove();
  });

  test("CORE-13: what a killed sandbox left behind does not bar the next", async () => {
    const folder = makeFolder();
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    for (const file of ["sandbox.lock", "control.json"]) {
      writeFileSync(
        join(folder.path, file),
        JSON.stringify({ pid: dead.pid, origin: "x", token: "y" }),
      );
    }
    const opened = await openSandbox({ directory: folder.path, packageRoot });
    expect(opened.started).toBe(true);
    await opened.close();
    folder.remove();
  });

  test("CORE-13: nor does a process that has got the dead one's id", async () => {
    const folder = makeFolder();
    const stale = { pid: process.pid, processStart: "1", origin: "x", token: "y" };
    writeFileSync(join(folder.path, "sandbox.lock"), JSON.stringify(stale));
    const sandbox = await startFast(folder.path);
    await sandbox.close();
    folder.remove();
  });

  test("CORE-14: resetting a stopped one leaves files of others alone", async () => {
    const folder = makeFolder();
    await (await startFast(folder.path)).close();
    writeFileSync(join(folder.path, "mine.txt"), "");
    expect(await resetSandbox(folder.path)).toEqual({ running: false });
    expect(existsSync(join(folder.path, "state"))).toBe(false);
    expect(existsSync(join(folder.path, "mine.txt"))).toBe(true);
    folder.remove();
  });
});
