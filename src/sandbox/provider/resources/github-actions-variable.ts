import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, Problem, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asNumber, asText, compact, type Json } from "../http/json.js";
import { checkOneOf, checkPattern } from "./checks.js";

/** `{repository}:{name}`. */
export const githubActionsVariable: ResourceModel = {
  type: "github_actions_variable",
  forceNew: ["repository", "variable_name"],
  validate: checkName,
  async create(planned, { github }) {
    const repository = planned.requiredText("repository");
    const name = planned.requiredText("variable_name");
    await github.run("POST", `repos/${github.owner}/${repository}/actions/variables`, {
      name,
      value: planned.text("value") ?? "",
    });
    const found = await github.find(pathOf(github.owner, repository, name));
    return { id: `${repository}:${name}`, ...common(found ?? {}) };
  },
  async read(state, { github }) {
    const [repository = "", name = ""] = state.requiredText("id").split(":");
    const found = await github.find(pathOf(github.owner, repository, name));
    return found === undefined ? undefined : { repository, variable_name: name, ...common(found) };
  },
  async update(planned, prior, { github }) {
    const [repository = "", name = ""] = prior.requiredText("id").split(":");
    const path = pathOf(github.owner, repository, name);
    await github.run("PATCH", path, { name, value: planned.text("value") ?? "" });
    return common((await github.find(path)) ?? {});
  },
  async delete(state, { github }) {
    const [repository = "", name = ""] = state.requiredText("id").split(":");
    await github.delete(pathOf(github.owner, repository, name));
  },
  import(id) {
    if (!/^[^:]+:[^:]+$/.test(id))
      throw new DiagnosticError(`expected {repository}:{name}, got "${id}"`);
    return { id };
  },
};

export const githubOrganizationVariable: ResourceModel = {
  type: "github_actions_organization_variable",
  forceNew: ["variable_name"],
  validate: (config) => [
    ...checkName(config),
    ...checkOneOf(config, "visibility", ["all", "private", "selected"]),
  ],
  async create(planned, { github }) {
    const name = planned.requiredText("variable_name");
    await github.run("POST", `orgs/${github.owner}/actions/variables`, organizationBody(planned));
    return { id: name, ...common((await github.find(organizationPath(github.owner, name))) ?? {}) };
  },
  async read(state, { github }) {
    const name = state.requiredText("id");
    const path = organizationPath(github.owner, name);
    const found = await github.find(path);
    if (found === undefined) return undefined;
    const selected =
      found["visibility"] === "selected"
        ? asItems((await github.find(`${path}/repositories?per_page=100`))?.["repositories"])
        : [];
    return {
      ...common(found),
      variable_name: name,
      visibility: asText(found["visibility"]) ?? null,
      selected_repository_ids: selected.map((repository) => asNumber(repository["id"]) ?? 0),
    };
  },
  async update(planned, prior, { github }) {
    const path = organizationPath(github.owner, prior.requiredText("id"));
    await github.run("PATCH", path, organizationBody(planned));
    return common((await github.find(path)) ?? {});
  },
  async delete(state, { github }) {
    await github.delete(organizationPath(github.owner, state.requiredText("id")));
  },
  import: (id) => ({ id }),
};

function checkName(config: Reader): Problem[] {
  return checkPattern(
    config,
    "variable_name",
    /^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i,
    "has letters, digits and underscores, does not begin with a digit or with GITHUB_",
  );
}

function pathOf(owner: string, repository: string, name: string): string {
  return `repos/${owner}/${repository}/actions/variables/${name}`;
}

function organizationPath(owner: string, name: string): string {
  return `orgs/${owner}/actions/variables/${name}`;
}

function organizationBody(planned: Reader): Json {
  return compact({
    name: planned.text("variable_name"),
    value: planned.text("value") ?? "",
    visibility: planned.text("visibility"),
    selected_repository_ids:
      planned.text("visibility") === "selected"
        ? planned.value("selected_repository_ids")
        : undefined,
  });
}

/** Not the name: GitHub turns it into upper case, and the configuration may have it otherwise. */
function common(found: Json): Attributes {
  return {
    value: asText(found["value"]),
    created_at: asText(found["created_at"]) ?? "",
    updated_at: asText(found["updated_at"]) ?? "",
  };
}
