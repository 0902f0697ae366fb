import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkOneOf } from "./checks.js";

export const githubRunnerGroup: ResourceModel = {
  type: "github_actions_runner_group",
  forceNew: [],
  defaults: { allows_public_repositories: false, restricted_to_workflows: false },
  validate: (config) => checkOneOf(config, "visibility", ["all", "private", "selected"]),
  async create(planned, context) {
    const { github } = context;
    const made = await github.run(
      "POST",
      `orgs/${github.owner}/actions/runner-groups`,
      compact({
        ...settings(planned),
        selected_repository_ids:
          planned.text("visibility") === "selected"
            ? planned.value("selected_repository_ids")
            : undefined,
      }),
    );
    return toAttributes(made, context);
  },
  async read(state, context) {
    const found = await context.github.find(pathOf(state, context));
    return found === undefined ? undefined : toAttributes(found, context);
  },
  async update(planned, prior, context) {
    const path = pathOf(prior, context);
    await context.github.run("PATCH", path, settings(planned));
    if (planned.text("visibility") === "selected") {
      await context.github.run("PUT", `${path}/repositories`, {
        selected_repository_ids: planned.value("selected_repository_ids") ?? [],
      });
    }
    return toAttributes((await context.github.find(path)) ?? {}, context);
  },
  async delete(state, context) {
    await context.github.delete(pathOf(state, context));
  },
  import: (id) => ({ id }),
};

function settings(planned: Reader): Json {
  return compact({
    name: planned.text("name"),
    visibility: planned.text("visibility"),
    allows_public_repositories: planned.flag("allows_public_repositories"),
    restricted_to_workflows: planned.flag("restricted_to_workflows"),
    selected_workflows: planned.texts("selected_workflows"),
  });
}

function pathOf(state: Reader, { github }: ProviderContext): string {
  return `orgs/${github.owner}/actions/runner-groups/${state.requiredText("id")}`;
}

async function toAttributes(group: Json, { github }: ProviderContext): Promise<Attributes> {
  const id = asNumber(group["id"]);
  const selected =
    group["visibility"] === "selected"
      ? await github.find(
          `orgs/${github.owner}/actions/runner-groups/${id}/repositories?per_page=100`,
        )
      : undefined;
  return {
    id: String(id ?? ""),
    name: asText(group["name"]) ?? null,
    visibility: asText(group["visibility"]) ?? null,
    default: group["default"] === true,
    inherited: group["inherited"] === true,
    allows_public_repositories: group["allows_public_repositories"] === true,
    restricted_to_workflows: group["restricted_to_workflows"] === true,
    selected_workflows: asTexts(group["selected_workflows"]),
    runners_url: asText(group["runners_url"]) ?? "",
    selected_repositories_url: asText(group["selected_repositories_url"]) ?? "",
    selected_repository_ids: asItems(selected?.["repositories"]).map(
      (repository) => asNumber(repository["id"]) ?? 0,
    ),
    etag: "",
  };
}
