import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import description from "./openapi/operations.json" with { type: "json" };
import { makeGithubError } from "./errors.js";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Record<string, unknown>;
}

export interface Operation {
  /** GitHub's operationId: `actions/generate-runner-jitconfig-for-org`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly docs: string;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly required: boolean; readonly schema: Record<string, unknown> };
}

export interface Match {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
}

const operations = description.operations as unknown as readonly Operation[];
const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
// The package is CommonJS; its default export is the plugin either way.
(addFormats as unknown as { default: typeof addFormats.default }).default(ajv);
ajv.addSchema({ $id: "github", schemas: description.schemas });

const patterns = operations.map((operation) => ({
  operation,
  names: [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""),
  pattern: new RegExp(
    `^${operation.path
      .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
      .replaceAll("{path}", "(.+)")
      .replace(/\{\w+\}/g, "([^/]+)")}$`,
  ),
}));

/** The operation a request is for; `path` is without `/api/v3`. Fixed words win over parameters. */
export function findOperation(method: string, path: string): Match | undefined {
  const found = patterns
    .filter((candidate) => candidate.operation.method === method)
    .map((candidate) => ({ candidate, match: candidate.pattern.exec(path) }))
    .filter(({ match }) => match !== null)
    .sort((a, b) => a.candidate.names.length - b.candidate.names.length)[0];
  if (found === undefined) return undefined;
  const values = found.candidate.names.map((name, index): [string, string] => [
    name,
    decodeURIComponent(found.match?.[index + 1] ?? ""),
  ]);
  return { operation: found.candidate.operation, path: Object.fromEntries(values) };
}

/** Whether the sandbox knows the path with another method (GitHub answers 404 to both). */
export function isKnownPath(path: string): boolean {
  return patterns.some(({ pattern }) => pattern.test(path));
}

/** Path parameters that are numbers: anything else finds nothing, as on GitHub. */
export function hasValidPath(match: Match): boolean {
  return match.operation.parameters
    .filter((parameter) => parameter.in === "path" && parameter.schema.type === "integer")
    .every((parameter) => /^\d{1,15}$/.test(match.path[parameter.name] ?? ""));
}

/** Throws 422 for query parameters that the description does not allow. */
export function checkQuery(operation: Operation, query: URLSearchParams): void {
  for (const parameter of operation.parameters.filter((one) => one.in === "query")) {
    const text = query.get(parameter.name);
    if (text === null) {
      if (parameter.required) fail(operation, [`"${parameter.name}" wasn't supplied.`]);
      continue;
    }
    const value = readQueryValue(text, parameter.schema.type);
    const check = compile(`${operation.id}?${parameter.name}`, parameter.schema);
    if (!check(value)) fail(operation, describe(check.errors ?? [], parameter.name));
  }
}

/** The body as an object, after the checks of the description. Throws 400 or 422. */
export function checkBody(operation: Operation, body: unknown): Record<string, unknown> {
  if (operation.body === undefined) return {};
  if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body))) {
    throw makeGithubError(400, "Body should be a JSON object", { docs: operation.docs });
  }
  if (body === undefined && !operation.body.required) return {};
  const check = compile(operation.id, operation.body.schema);
  const value = body ?? {};
  if (!check(value)) fail(operation, describe(check.errors ?? []));
  return value as Record<string, unknown>;
}

const compiled = new Map<string, ValidateFunction>();

function compile(key: string, schema: Record<string, unknown>): ValidateFunction {
  let check = compiled.get(key);
  if (check === undefined) {
    const text = JSON.stringify(schema).replaceAll('"#/schemas/', '"github#/schemas/');
    check = ajv.compile(JSON.parse(text) as Record<string, unknown>);
    compiled.set(key, check);
  }
  return check;
}

function readQueryValue(text: string, type: unknown): unknown {
  if ((type === "integer" || type === "number") && /^-?\d+$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function fail(operation: Operation, problems: readonly string[]): never {
  throw makeGithubError(422, `Invalid request.\n\n${problems.join("\n")}`, {
    docs: operation.docs,
  });
}

/** GitHub names the problem by a path such as `properties/labels`. */
function describe(errors: readonly ErrorObject[], parameter?: string): string[] {
  return errors
    .filter((error) => error.keyword !== "anyOf" && error.keyword !== "oneOf")
    .map((error) => {
      if (error.keyword === "required") {
        return `"${String(error.params.missingProperty)}" wasn't supplied.`;
      }
      if (error.keyword === "additionalProperties") {
        return `"${String(error.params.additionalProperty)}" is not a permitted key.`;
      }
      const where =
        parameter === undefined
          ? error.instancePath
              .split("/")
              .slice(1)
              .map((part) => (/^\d+$/.test(part) ? `items/${part}` : `properties/${part}`))
              .join("/")
          : parameter;
      const value = error.data === null ? "nil" : JSON.stringify(error.data);
      return `For '${where}', ${value} ${error.message ?? "is not valid"}.`;
    });
}
