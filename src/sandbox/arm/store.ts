import type { ArmResource, Collection, StateStore } from "../ports.js";
import { keyOf } from "./path.js";
import { groupType } from "./type-names.js";

/** Every resource, resource groups among them, by id in lower case. */
export class ResourceStore {
  private readonly resources: Collection<ArmResource>;

  constructor(state: StateStore) {
    this.resources = state.collection("arm.resources");
  }

  find(id: string): ArmResource | undefined {
    const found = this.resources.get(keyOf(id));
    return found === undefined ? undefined : structuredClone(found);
  }

  save(resource: ArmResource): void {
    this.resources.set(keyOf(resource.id), structuredClone(resource));
  }

  remove(id: string): void {
    this.resources.delete(keyOf(id));
  }

  /** Of one type, anywhere or below a scope. */
  list(type: string, below = ""): ArmResource[] {
    const wanted = type.toLowerCase();
    const prefix = below === "" ? "" : `${keyOf(below)}/`;
    return this.resources
      .entries(prefix)
      .map(([, resource]) => resource)
      .filter((resource) => resource.type.toLowerCase() === wanted)
      .map((resource) => structuredClone(resource));
  }

  /** Everything below an id, the deepest first, so that children go before their parents. */
  below(id: string): ArmResource[] {
    return this.resources
      .entries(`${keyOf(id)}/`)
      .map(([, resource]) => structuredClone(resource))
      .sort((a, b) => b.id.split("/").length - a.id.split("/").length);
  }

  /** What `resources` of a group or subscription shows: what has a location and is no group itself. */
  tracked(scope: string): ArmResource[] {
    return this.below(scope).filter(
      ({ type, location }) =>
        location !== undefined && type.toLowerCase() !== groupType.toLowerCase(),
    );
  }
}
