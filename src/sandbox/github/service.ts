import type { GithubPort, SandboxContext, SandboxService } from "../ports.js";
import { Actions } from "./actions/actions.js";
import { RunnerSessions } from "./actions/sessions.js";
import { handleControl } from "./control.js";
import { serveGraphql } from "./graphql/endpoint.js";
import { serveLog } from "./log-links.js";
import { RateLimiter } from "./rate-limit.js";
import { RestApi } from "./rest.js";
import type { GithubParts, RouteTable } from "./route.js";
import { routeAccounts } from "./routes/accounts.js";
import { routeApps } from "./routes/apps.js";
import { routeEnvironments } from "./routes/environments.js";
import { routePermissions } from "./routes/permissions.js";
import { routeReleases, serveReleasePage } from "./routes/releases.js";
import { routeRepositories } from "./routes/repositories.js";
import { routeRunnerGroups } from "./routes/runner-groups.js";
import { routeSecrets } from "./routes/secrets.js";
import { routeRunners } from "./routes/runners.js";
import { routeRuns } from "./routes/runs.js";
import { routeVariables } from "./routes/variables.js";
import { routeWorkflows } from "./routes/workflows.js";
import { makeRunnerArchive, type RunnerArchive } from "./runner-archive.js";
import { seedGithub } from "./seed.js";
import { GithubStore } from "./store.js";

export interface GithubRoomOptions {
  readonly packageRoot: string;
}

/** The sandbox's GitHub: a GitHub Enterprise Server host on the main listener. */
export function createGithubRoom(
  ctx: Pick<SandboxContext, "state" | "clock" | "origin">,
  _options: GithubRoomOptions,
): { services: SandboxService[]; port: GithubPort } {
  const store = new GithubStore(ctx.state, ctx.clock, ctx.origin);
  const archive = makeRunnerArchive();
  seedGithub(store, archive);
  const actions = new Actions(store);
  const sessions = new RunnerSessions(store, actions);
  const parts: GithubParts = { store, actions, sessions, limiter: new RateLimiter(ctx.clock) };
  const rest = new RestApi(parts, collectRoutes(parts, archive));
  const service: SandboxService = {
    name: "github",
    handle: async (request) =>
      request.listener !== "main"
        ? undefined
        : ((await rest.handle(request)) ??
          (await serveGraphql(parts, request)) ??
          (await handleControl(parts, request)) ??
          serveLog(parts, request) ??
          serveReleasePage(parts, archive, request)),
  };
  return { services: [service], port: sessions };
}

function collectRoutes(parts: GithubParts, archive: RunnerArchive): RouteTable {
  return {
    ...routeAccounts(parts),
    ...routeApps(parts),
    ...routeEnvironments(parts),
    ...routePermissions(parts),
    ...routeReleases(parts, archive),
    ...routeRepositories(parts),
    ...routeRunnerGroups(parts),
    ...routeRunners(parts),
    ...routeRuns(parts),
    ...routeSecrets(parts),
    ...routeVariables(parts),
    ...routeWorkflows(parts),
  };
}
