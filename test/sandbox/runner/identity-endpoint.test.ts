import { afterEach, describe, expect, it } from "vitest";
import { bash, identityId, makeJob, startFakeSandbox, type FakeSandbox } from "./fake-sandbox.js";

let sandbox: FakeSandbox;
afterEach(() => sandbox.close());

const ask =
  'curl -s -w " %{http_code}\\n" -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" ' +
  '"$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://vault.azure.net/&client_id=client-1"';

async function askInBothPhases(
  identitySettings: unknown[],
): Promise<{ init: string; main: string }> {
  sandbox = await startFakeSandbox({ isolation: "process" });
  const job = makeJob(
    { initContainers: [bash("init", ask)], containers: [bash("main", ask)] },
    { identitySettings },
  );
  await sandbox.finished(await sandbox.engine.start(job, undefined));
  return { init: sandbox.consoleOf("init").join(), main: sandbox.consoleOf("main").join() };
}

describe("the identity endpoint", () => {
  it.each([
    [[], true, true],
    [[{ identity: identityId.toUpperCase(), lifecycle: "All" }], true, true],
    [[{ identity: identityId, lifecycle: "Init" }], true, false],
    [[{ identity: identityId, lifecycle: "Main" }], false, true],
    [[{ identity: identityId, lifecycle: "None" }], false, false],
  ])("IDN-1: obeys the lifecycle settings %j", async (settings, init, main) => {
    const answers = await askInBothPhases(settings);
    expect({ init: answers.init.endsWith(" 200"), main: answers.main.endsWith(" 200") }).toEqual({
      init,
      main,
    });
    for (const answer of [answers.init, answers.main]) {
      if (answer.endsWith(" 200")) {
        expect(JSON.parse(answer.replace(/ 200$/, ""))).toEqual({
          access_token: "a.sandbox.token",
          client_id: "client-1",
          expires_on: "1767229200",
          resource: "https://vault.azure.net/",
          token_type: "Bearer",
        });
      } else {
        expect(answer).toMatch(/ 400$/);
        expect(answer).not.toContain("a.sandbox.token");
      }
    }
    for (const claims of sandbox.issued) {
      expect(claims).toEqual({
        objectId: "principal-1",
        appId: "client-1",
        audience: "https://vault.azure.net",
      });
    }
  });

  it("IDN-2: answers only to the container's own header, in its lifetime", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const job = makeJob({ containers: [bash("main", 'echo "header $IDENTITY_HEADER"')] });
    await sandbox.finished(await sandbox.engine.start(job, undefined));
    const header = sandbox.consoleOf("main")[0]?.split(" ")[1] ?? "";
    const url = `${sandbox.context.httpOrigin}/msi/token?api-version=2019-08-01&resource=x&client_id=client-1`;
    for (const value of [header, "wrong", ""]) {
      const response = await fetch(url, { headers: { "X-IDENTITY-HEADER": value } });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ statusCode: 403 });
    }
  });

  it.each([
    ["resource=x&client_id=client-1", "api-version"],
    ["api-version=2019-08-01&client_id=client-1", "resource"],
    ["api-version=2019-08-01&resource=x&client_id=another", "identity"],
    ["api-version=2019-08-01&resource=x", "identity"],
  ])("IDN-3: refuses %s", async (query, word) => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const script = `curl -s -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?${query}"`;
    await sandbox.finished(
      await sandbox.engine.start(makeJob({ containers: [bash("main", script)] }), undefined),
    );
    const answer = JSON.parse(sandbox.consoleOf("main").join("")) as {
      statusCode: number;
      message: string;
    };
    expect(answer.statusCode).toBe(400);
    expect(answer.message).toContain(word);
  });

  it("IDN-4: is not told of to a job without identities", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const { identity: _identity, ...job } = makeJob({
      containers: [bash("main", "env | grep -c IDENTITY")],
    });
    await sandbox.finished(await sandbox.engine.start(job, undefined));
    expect(sandbox.consoleOf("main")).toEqual(["0"]);
  });
});
