import type { Collection } from "../../ports.js";
import type { Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { PermissionLevel } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { makeSealingKey, openSealedBox, type SealingKey } from "../secrets/sealed-box.js";
import { repositoryOf } from "./repositories.js";

interface SecretDates {
  readonly createdAt: string;
  readonly updatedAt: string;
}

function need(level: PermissionLevel): Need {
  return { kind: "permission", permission: "secrets", level, scopes: ["repo"] };
}

/** A repository's Actions secrets: https://docs.github.com/rest/actions/secrets */
export function routeSecrets({ store }: GithubParts): RouteTable {
  const dates: Collection<SecretDates> = store.state.collection("github-secret-dates");
  const keys: Collection<SealingKey> = store.state.collection("github-sealing-keys");
  const keyOf = (call: Call): { id: string; key: SealingKey } => {
    const id = String(repositoryOf(call).id);
    const key = keys.get(id) ?? makeSealingKey();
    keys.set(id, key);
    return { id, key };
  };
  const view = (call: Call, name: string): object => {
    const repository = repositoryOf(call);
    // One that the control endpoint has set is as old as its repository.
    const known = dates.get(`${repository.id}/${name}`);
    return {
      name,
      created_at: known?.createdAt ?? repository.createdAt,
      updated_at: known?.updatedAt ?? repository.createdAt,
    };
  };
  const findName = (call: Call): string => {
    const wanted = (call.path.secret_name ?? "").toUpperCase();
    const found = Object.keys(repositoryOf(call).secrets).find(
      (name) => name.toUpperCase() === wanted,
    );
    if (found === undefined) throw makeNotFound(call.docs);
    return found;
  };
  return {
    "actions/list-repo-secrets": {
      need: need("read"),
      handle: (call) =>
        cutPage(call.request, Object.keys(repositoryOf(call).secrets).sort(), (page, total) => ({
          total_count: total,
          secrets: page.map((name) => view(call, name)),
        })),
    },
    "actions/get-repo-public-key": {
      need: need("read"),
      handle: (call) => {
        const { id, key } = keyOf(call);
        return { status: 200, body: { key_id: id, key: key.publicKey } };
      },
    },
    "actions/get-repo-secret": {
      need: need("read"),
      handle: (call) => ({ status: 200, body: view(call, findName(call)) }),
    },
    "actions/create-or-update-repo-secret": {
      need: need("write"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const name = checkName(call);
        const { id, key } = keyOf(call);
        const box = Buffer.from(call.body.encrypted_value as string, "base64");
        const value = call.body.key_id === id ? openSealedBox(box, key) : undefined;
        if (value === undefined) {
          throw makeGithubError(
            422,
            "Bad request - key_id is invalid or the value is not sealed with its key",
            {
              docs: call.docs,
            },
          );
        }
        if (value.length > 48 * 1024) {
          throw makeGithubError(422, "Secret values are limited to 48 KB.", { docs: call.docs });
        }
        const known = Object.keys(repository.secrets).find((one) => one.toUpperCase() === name);
        store.putRepository({
          ...repository,
          secrets: { ...repository.secrets, [known ?? name]: value.toString("utf8") },
        });
        const now = store.now();
        const dated = `${repository.id}/${known ?? name}`;
        const createdAt = dates.get(dated)?.createdAt ?? now;
        dates.set(dated, { createdAt, updatedAt: now });
        return known === undefined ? { status: 201, body: {} } : { status: 204 };
      },
    },
    "actions/delete-repo-secret": {
      need: need("write"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const gone = findName(call);
        const secrets = Object.entries(repository.secrets).filter(([name]) => name !== gone);
        store.putRepository({ ...repository, secrets: Object.fromEntries(secrets) });
        dates.delete(`${repository.id}/${gone}`);
        return { status: 204 };
      },
    },
  };
}

/** https://docs.github.com/actions/concepts/security/secrets#naming-your-secrets */
function checkName(call: Call): string {
  const name = call.path.secret_name ?? "";
  if (!/^[A-Za-z_]\w*$/.test(name) || /^GITHUB_/i.test(name)) {
    throw makeGithubError(
      422,
      "A secret name is made of letters, digits and underscores; it begins with no digit and not with GITHUB_.",
      { docs: call.docs },
    );
  }
  return name.toUpperCase();
}
