import { SandboxHttpError, type SandboxReply, type SandboxRequest } from "../../ports.js";
import type { GithubParts } from "../route.js";
import { authenticate } from "../tokens.js";
import { GraphqlSyntaxError, parseDocument } from "./document.js";
import { executeQuery, type GraphResult } from "./execute.js";
import { makeGraph } from "./graph.js";

/** `POST /api/graphql` of a GitHub Enterprise Server host; errors come with status 200, as there. */
export async function serveGraphql(
  { store }: GithubParts,
  request: SandboxRequest,
): Promise<SandboxReply | undefined> {
  if (request.path !== "/api/graphql") return undefined;
  try {
    const caller = authenticate(store, request.headers);
    if (caller.kind === "anonymous") {
      return { status: 401, body: { message: "This endpoint requires you to be authenticated." } };
    }
    const graph = makeGraph(store, caller);
    return {
      status: 200,
      body: answer((await request.json()) as GraphqlRequest | undefined, graph),
    };
  } catch (error) {
    if (!(error instanceof SandboxHttpError)) throw error;
    const malformed = { message: "Problems parsing JSON" };
    const known = error.code.startsWith("GitHub");
    return { status: error.status, body: known ? error.options.body : malformed };
  }
}

interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: unknown;
}

function answer(
  request: GraphqlRequest | undefined,
  graph: ReturnType<typeof makeGraph>,
): GraphResult {
  if (typeof request?.query !== "string") {
    return { errors: [{ message: "A query attribute must be specified and must be a string." }] };
  }
  try {
    const document = parseDocument(request.query);
    const { operationName } = request;
    const operation =
      document.operations.find(({ name }) => name === operationName) ?? document.operations[0];
    if (operation?.kind !== "query") {
      return {
        errors: [{ message: "The sandbox serves queries, no mutations or subscriptions." }],
      };
    }
    return executeQuery(document, operation, request.variables ?? {}, graph);
  } catch (error) {
    if (!(error instanceof GraphqlSyntaxError)) throw error;
    return { errors: [{ message: error.message }] };
  }
}
