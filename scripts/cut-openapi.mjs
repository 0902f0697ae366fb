// Cuts GitHub's OpenAPI description down to the operations that the sandbox serves.
//
//   node scripts/cut-openapi.mjs path/to/ghec.json
//
// The description is https://github.com/github/rest-api-description (MIT licence), published to npm
// as @octokit/openapi; `generated/ghec.json` has the enterprise operations too. It is 400 MB
// unpacked, so what the sandbox needs of it is kept in the repository:
//   src/sandbox/github/openapi/operations.json   parameters and request bodies, used at run time
//   test/fixtures/github-openapi/responses.json   response bodies, against which tests hold answers
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const scopes = ["/repos/{owner}/{repo}", "/orgs/{org}", "/enterprises/{enterprise}"];

/** `METHODS path`, as in the description. */
const wanted = [
  "GET /",
  "GET /meta",
  "GET /rate_limit",
  "GET /user",
  "GET /user/repos",
  "GET /users/{username}",
  "GET /users/{username}/repos",
  "GET /users/{username}/installation",
  "GET /app",
  "GET /app/installations",
  "GET /app/installations/{installation_id}",
  "POST /app/installations/{installation_id}/access_tokens",
  "GET /installation/repositories",
  "DELETE /installation/token",
  "GET /repos/{owner}/{repo}/installation",
  "GET /orgs/{org}/installation",
  "GET /orgs/{org}",
  "GET POST /orgs/{org}/repos",
  "GET DELETE /repos/{owner}/{repo}",
  "GET PUT /repos/{owner}/{repo}/contents/{path}",
  "GET /repos/{owner}/{repo}/branches",
  "GET /repos/{owner}/{repo}/branches/{branch}",
  "GET /repos/{owner}/{repo}/branches/{branch}/protection",
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
  ...scopes.flatMap((scope) => [
    `GET ${scope}/actions/permissions`,
    `PUT ${scope}/actions/permissions`,
    `GET ${scope}/actions/runners`,
    `GET ${scope}/actions/runners/downloads`,
    `POST ${scope}/actions/runners/generate-jitconfig`,
    `POST ${scope}/actions/runners/registration-token`,
    `POST ${scope}/actions/runners/remove-token`,
    `GET DELETE ${scope}/actions/runners/{runner_id}`,
    `GET POST PUT DELETE ${scope}/actions/runners/{runner_id}/labels`,
    `DELETE ${scope}/actions/runners/{runner_id}/labels/{name}`,
  ]),
  ...scopes
    .slice(1)
    .flatMap((scope) => [
      `GET POST ${scope}/actions/runner-groups`,
      `GET PATCH DELETE ${scope}/actions/runner-groups/{runner_group_id}`,
      `GET PUT ${scope}/actions/runner-groups/{runner_group_id}/runners`,
      `PUT DELETE ${scope}/actions/runner-groups/{runner_group_id}/runners/{runner_id}`,
    ]),
  "GET PUT /orgs/{org}/actions/runner-groups/{runner_group_id}/repositories",
  "PUT DELETE /orgs/{org}/actions/runner-groups/{runner_group_id}/repositories/{repository_id}",
  "GET PUT /enterprises/{enterprise}/actions/runner-groups/{runner_group_id}/organizations",
  "PUT DELETE /enterprises/{enterprise}/actions/runner-groups/{runner_group_id}/organizations/{org_id}",
  "GET /repos/{owner}/{repo}/actions/workflows",
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}",
  "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
  "PUT /repos/{owner}/{repo}/actions/workflows/{workflow_id}/disable",
  "PUT /repos/{owner}/{repo}/actions/workflows/{workflow_id}/enable",
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs",
  "GET /repos/{owner}/{repo}/actions/runs",
  "GET DELETE /repos/{owner}/{repo}/actions/runs/{run_id}",
  "POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun",
  "POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel",
  "POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
  "GET /repos/{owner}/{repo}/actions/jobs/{job_id}",
  "GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs",
  "GET POST /repos/{owner}/{repo}/actions/variables",
  "GET PATCH DELETE /repos/{owner}/{repo}/actions/variables/{name}",
  "GET POST /orgs/{org}/actions/variables",
  "GET PATCH DELETE /orgs/{org}/actions/variables/{name}",
  "GET PUT /orgs/{org}/actions/variables/{name}/repositories",
  "PUT DELETE /orgs/{org}/actions/variables/{name}/repositories/{repository_id}",
  "GET POST /repos/{owner}/{repo}/environments/{environment_name}/variables",
  "GET PATCH DELETE /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}",
  "GET /repos/{owner}/{repo}/environments",
  "GET PUT DELETE /repos/{owner}/{repo}/environments/{environment_name}",
  "GET /repos/{owner}/{repo}/releases",
  "GET /repos/{owner}/{repo}/releases/latest",
  "GET /repos/{owner}/{repo}/releases/tags/{tag}",
  "GET /repos/{owner}/{repo}/releases/assets/{asset_id}",
];

const sourceFile = process.argv[2];
if (sourceFile === undefined) {
  console.error("usage: node scripts/cut-openapi.mjs path/to/ghec.json");
  process.exitCode = 2;
} else {
  cut(JSON.parse(readFileSync(sourceFile, "utf8")));
}

function cut(source) {
  const resolve = (node) => (node?.$ref === undefined ? node : resolve(follow(source, node.$ref)));
  const requests = { schemas: {}, operations: [] };
  const answers = { schemas: {}, responses: {} };

  for (const line of wanted) {
    const words = line.split(" ");
    const path = words.pop();
    for (const method of words) {
      const operation = source.paths[path]?.[method.toLowerCase()];
      if (operation === undefined) throw new Error(`not in the description: ${method} ${path}`);
      const body = resolve(operation.requestBody);
      const schema = body?.content?.["application/json"]?.schema;
      requests.operations.push({
        id: operation.operationId,
        method,
        path,
        docs: operation.externalDocs.url.replace(
          /^https:\/\/docs\.github\.com\/(?:[a-z-]+@[^/]+\/+)?/,
          "https://docs.github.com/",
        ),
        parameters: (operation.parameters ?? []).map(resolve).map((parameter) => ({
          name: parameter.name,
          in: parameter.in,
          required: parameter.required === true,
          // `created` takes ranges (`>=2026-01-01`) though it is described as one moment.
          schema:
            parameter.name === "created"
              ? { type: "string" }
              : slim(source, parameter.schema, requests.schemas),
        })),
        ...(schema === undefined
          ? {}
          : {
              body: {
                required: body.required === true,
                schema: slim(source, schema, requests.schemas),
              },
            }),
      });
      answers.responses[operation.operationId] = Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => {
          const json = resolve(response).content?.["application/json"]?.schema;
          return [status, json === undefined ? null : slim(source, json, answers.schemas)];
        }),
      );
    }
  }

  // Described here as user and enterprise at once, which nothing can be; everywhere else as either.
  answers.responses["apps/list-installations"]["200"] = {
    type: "array",
    items: { $ref: "#/schemas/installation" },
  };

  const header = {
    source: "https://github.com/github/rest-api-description",
    license: "MIT, Copyright (c) 2020 GitHub",
    version: source.info.version,
  };
  write("src/sandbox/github/openapi/operations.json", { ...header, ...requests });
  write("test/fixtures/github-openapi/responses.json", { ...header, ...answers });
}

/** A schema as JSON Schema: prose and examples dropped, `nullable` spelled out, references local. */
function slim(source, schema, schemas) {
  if (Array.isArray(schema)) return schema.map((item) => slim(source, item, schemas));
  if (schema === null || typeof schema !== "object") return schema;
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").pop();
    if (!(name in schemas)) {
      schemas[name] = null; // claimed first: schemas refer to themselves
      schemas[name] = slim(source, follow(source, schema.$ref), schemas);
    }
    return { $ref: `#/schemas/${name}` };
  }
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if (
      [
        "description",
        "example",
        "examples",
        "title",
        "externalDocs",
        "nullable",
        "discriminator",
      ].includes(key)
    )
      continue;
    if (key.startsWith("x-") || ["deprecated", "readOnly", "writeOnly"].includes(key)) continue;
    if (key === "properties") {
      out.properties = Object.fromEntries(
        Object.entries(value).map(([name, property]) => [name, slim(source, property, schemas)]),
      );
    } else {
      out[key] = ["enum", "default", "required"].includes(key)
        ? value
        : slim(source, value, schemas);
    }
  }
  if (schema.nullable !== true) return out;
  if (typeof out.type !== "string") return { anyOf: [out, { type: "null" }] };
  out.type = [out.type, "null"];
  if (Array.isArray(out.enum) && !out.enum.includes(null)) out.enum = [...out.enum, null];
  return out;
}

function follow(source, reference) {
  return reference
    .slice(2)
    .split("/")
    .reduce((node, key) => node[key.replaceAll("~1", "/").replaceAll("~0", "~")], source);
}

function write(file, value) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "..", file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value)}\n`);
}
