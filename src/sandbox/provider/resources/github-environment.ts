import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, type Json } from "../http/json.js";
import { checkRange } from "./checks.js";

/** `{repository}:{environment}`. */
export const githubRepositoryEnvironment: ResourceModel = {
  type: "github_repository_environment",
  forceNew: ["repository", "environment"],
  defaults: { can_admins_bypass: true, prevent_self_review: false },
  validate: (config) => checkRange(config, "wait_timer", 0, 43200),
  create: (planned, context) => put(planned, context),
  update: (planned, _prior, context) => put(planned, context),
  async read(state, { github }) {
    const [repository = "", environment = ""] = splitId(state.requiredText("id"));
    const found = await github.find(pathOf(github.owner, repository, environment));
    return found === undefined ? undefined : toAttributes(repository, environment, found);
  },
  async delete(state, { github }) {
    const [repository = "", environment = ""] = splitId(state.requiredText("id"));
    await github.delete(pathOf(github.owner, repository, environment));
  },
  import(id) {
    if (!id.includes(":"))
      throw new DiagnosticError(`expected {repository}:{environment}, got "${id}"`);
    return { id };
  },
};

function splitId(id: string): [string, string] {
  const colon = id.indexOf(":");
  return [id.slice(0, colon), id.slice(colon + 1)];
}

function pathOf(owner: string, repository: string, environment: string): string {
  return `repos/${owner}/${repository}/environments/${encodeURIComponent(environment)}`;
}

async function put(planned: Reader, { github }: ProviderContext): Promise<Attributes> {
  const repository = planned.requiredText("repository");
  const environment = planned.requiredText("environment");
  const path = pathOf(github.owner, repository, environment);
  const reviewers = planned.block("reviewers");
  const policy = planned.block("deployment_branch_policy");
  const list = (type: string, name: string): Json[] => {
    const ids = reviewers?.value(name);
    return Array.isArray(ids) ? ids.map((id: number) => ({ type, id })) : [];
  };
  await github.run("PUT", path, {
    wait_timer: planned.number("wait_timer") ?? 0,
    can_admins_bypass: planned.flag("can_admins_bypass"),
    prevent_self_review: planned.flag("prevent_self_review"),
    reviewers: [...list("Team", "teams"), ...list("User", "users")],
    deployment_branch_policy:
      policy === undefined
        ? null
        : {
            protected_branches: policy.flag("protected_branches"),
            custom_branch_policies: policy.flag("custom_branch_policies"),
          },
  });
  return toAttributes(repository, environment, (await github.find(path)) ?? {});
}

function toAttributes(repository: string, environment: string, found: Json): Attributes {
  const rules = asItems(found["protection_rules"]);
  const wait = rules.find((rule) => rule["type"] === "wait_timer");
  const review = rules.find((rule) => rule["type"] === "required_reviewers");
  const policy = asJson(found["deployment_branch_policy"]);
  const ids = (type: string): number[] =>
    asItems(review?.["reviewers"])
      .filter((item) => asText(item["type"]) === type)
      .map((item) => asNumber(asJson(item["reviewer"])["id"]) ?? 0);
  return {
    id: `${repository}:${environment}`,
    repository,
    environment,
    can_admins_bypass: found["can_admins_bypass"] !== false,
    wait_timer: asNumber(wait?.["wait_timer"]) ?? 0,
    prevent_self_review: review?.["prevent_self_review"] === true,
    reviewers: review === undefined ? [] : [{ teams: ids("Team"), users: ids("User") }],
    deployment_branch_policy:
      policy["protected_branches"] === undefined
        ? []
        : [
            {
              protected_branches: policy["protected_branches"] === true,
              custom_branch_policies: policy["custom_branch_policies"] === true,
            },
          ],
  };
}
