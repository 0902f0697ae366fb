import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as requestHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/start.js";
import { type CliResult, packageRoot, runCli, type SpawnedCli, spawnCli } from "./cli.js";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the bodies of four different APIs
  readonly json: any;
}

/** What `runnerctl init` is told wherever the sandbox's GitHub is meant. */
export const initFlags = [
  ...["--name", "e2e", "--location", "westeurope"],
  ...["--owner", "octo-org", "--repositories", "hello"],
  ...["--auth", "app", "--app-id", "1", "--installation-id", "1"],
];

export const minimalConfig = `name: e2e
location: westeurope
github:
  owner: octo-org
  repositories: [hello]
  auth: { type: app, appId: 1, installationId: 1 }
pools:
  - name: default
    labels: [azure]
    cpu: 0.5
    memory: 1Gi
    timeout: 2m
`;

/** A running sandbox, and a folder to run commands in that is pointed at it. */
export class TestSandbox {
  readonly project: string;
  readonly #tokens = new Map<string, Promise<string>>();

  private constructor(
    readonly root: string,
    readonly running: RunningSandbox,
  ) {
    this.project = this.makeProject();
  }

  static async start(): Promise<TestSandbox> {
    const root = mkdtempSync(join(tmpdir(), "runnerctl-e2e-"));
    const directory = join(root, "sandbox");
    return new TestSandbox(root, await startSandbox({ directory, packageRoot, asyncSeconds: 0 }));
  }

  async close(): Promise<void> {
    await this.running.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** A folder of its own, with a runnerctl.yaml if one is given. */
  makeProject(config?: string): string {
    const project = mkdtempSync(join(this.root, "project-"));
    if (config !== undefined) writeFileSync(join(project, "runnerctl.yaml"), config);
    return project;
  }

  /** The environment of a person's shell that has nothing but the sandbox's folder set. */
  get env(): Record<string, string> {
    const home = join(this.root, "home");
    mkdirSync(home, { recursive: true });
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TMPDIR: tmpdir(),
      RUNNERCTL_SANDBOX_DIR: this.running.directory,
    };
  }

  cli(
    argv: readonly string[],
    options: { cwd?: string; env?: Record<string, string | undefined>; stdin?: string } = {},
  ): Promise<CliResult> {
    const { cwd = this.project, env, stdin } = options;
    return runCli(argv, {
      cwd,
      env: { ...this.env, ...env },
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  /** The same as a process of its own, from dist/. */
  spawn(argv: readonly string[], options: { cwd?: string } = {}): SpawnedCli {
    return spawnCli(argv, { cwd: options.cwd ?? this.project, env: this.env });
  }

  get appKeyFile(): string {
    return join(this.running.directory, "state", "github", "app-private-key.pem");
  }

  get patFile(): string {
    return join(this.running.directory, "state", "github", "pat");
  }

  get pat(): string {
    return readFileSync(this.patFile, "utf8").trim();
  }

  /** What must be found nowhere: the key's lines and the token. */
  get secrets(): readonly string[] {
    const key = readFileSync(this.appKeyFile, "utf8");
    return [this.pat, ...key.split("\n").filter((line) => line.length > 40)];
  }

  async send(
    method: string,
    path: string,
    token: string | undefined,
    body?: unknown,
  ): Promise<Answer> {
    const ca = readFileSync(this.running.environment["SSL_CERT_FILE"] ?? "");
    const isForm = body instanceof URLSearchParams;
    const payload = body === undefined || isForm ? body?.toString() : JSON.stringify(body);
    const url = path.startsWith("https:") ? path : `${this.running.origin}${path}`;
    const answer = await new Promise<Answer & { location: string | undefined }>(
      (resolve, reject) => {
        const sent = requestHttps(
          url,
          {
            method,
            ca,
            agent: false,
            headers: {
              "user-agent": "e2e",
              ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
              ...(payload === undefined
                ? {}
                : {
                    "content-type": isForm
                      ? "application/x-www-form-urlencoded"
                      : "application/json",
                  }),
            },
          },
          (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            response.on("error", reject);
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                text,
                json: /^[[{]/.test(text) ? JSON.parse(text) : undefined,
                location: response.headers.location,
              }),
            );
          },
        );
        sent.on("error", reject);
        sent.end(payload);
      },
    );
    // Logs lie elsewhere, and the address alone opens them.
    if (answer.status === 302 && answer.location !== undefined) {
      return this.send("GET", answer.location, undefined);
    }
    return answer;
  }

  /** The sandbox's own controls, below `/_sandbox/`. */
  async control(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.send(method, `/_sandbox/${path}`, this.running.controlToken, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  }

  addFault(match: Record<string, string>, effect: unknown, times = 1): Promise<Answer> {
    return this.control("POST", "faults", { match, effect, times });
  }

  /** Moves the sandbox's time ahead; tokens that were issued before may be out of date then. */
  async advance(seconds: number): Promise<void> {
    await this.control("POST", "clock", { advance: seconds });
    this.#tokens.clear();
  }

  async requests(): Promise<readonly SeenRequest[]> {
    return (await this.control("GET", "requests")).json.value as SeenRequest[];
  }

  /** Resource Manager as the subscription's owner; throws what it refuses. */
  async arm(method: string, path: string, version: string, body?: unknown): Promise<Answer> {
    const token = await this.token(this.running.environment["ARM_RESOURCE_MANAGER_AUDIENCE"] ?? "");
    const answer = await this.send(method, `${path}?api-version=${version}`, token, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  }

  get subscription(): string {
    return `/subscriptions/${this.running.environment["ARM_SUBSCRIPTION_ID"]}`;
  }

  async resources(): Promise<readonly { id: string; name: string; type: string }[]> {
    const list = async (what: string) =>
      (await this.arm("GET", `${this.subscription}/${what}`, "2021-04-01")).json.value;
    return [...(await list("resources")), ...(await list("resourcegroups"))];
  }

  github(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.send(method, `/api/v3/${path}`, this.pat, body);
  }

  async runners(): Promise<readonly { id: number; name: string; status: string }[]> {
    return (await this.github("GET", "repos/octo-org/hello/actions/runners")).json.runners;
  }

  /** Everything that containers wrote, unredacted, as Log Analytics holds it. */
  async consoleLogs(): Promise<string> {
    const token = await this.token("https://api.loganalytics.io");
    const path = `${this.subscription}/providers/Microsoft.OperationalInsights/workspaces`;
    const workspaces = (await this.arm("GET", path, "2022-10-01")).json.value;
    const id = workspaces[0]?.properties.customerId;
    const query = "ContainerAppConsoleLogs_CL | project Log_s";
    const answer = await this.send("POST", `/v1/workspaces/${id}/query`, token, { query });
    return (answer.json.tables[0].rows as string[][]).map(([line]) => line).join("\n");
  }

  /** A run of the seeded repository with its only job's log. */
  async readRun(id: number): Promise<{ status: string; conclusion: string; log: string }> {
    const run = `repos/octo-org/hello/actions/runs/${id}`;
    const { status, conclusion } = (await this.github("GET", run)).json;
    const [job] = (await this.github("GET", `${run}/jobs`)).json.jobs;
    const { text } = await this.github("GET", `repos/octo-org/hello/actions/jobs/${job.id}/logs`);
    return { status, conclusion, log: text };
  }

  /** For the subscription's owner, asked of the sandbox's Entra as a client with a secret does. */
  token(audience: string): Promise<string> {
    const known = this.#tokens.get(audience) ?? this.fetchToken(audience);
    this.#tokens.set(audience, known);
    return known;
  }

  private async fetchToken(audience: string): Promise<string> {
    const env = this.running.environment;
    const answer = await this.send(
      "POST",
      `/${env["AZURE_TENANT_ID"]}/oauth2/v2.0/token`,
      undefined,
      new URLSearchParams({
        grant_type: "client_credentials",
        client_id: env["AZURE_CLIENT_ID"] ?? "",
        client_secret: env["AZURE_CLIENT_SECRET"] ?? "",
        scope: `${audience}/.default`,
      }),
    );
    return String(answer.json.access_token);
  }
}
