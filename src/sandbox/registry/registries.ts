import type { ArmResource, Collection, SandboxContext } from "../ports.js";
import { ImageStore } from "./image-store.js";

export interface OpenRegistry {
  readonly id: string;
  readonly name: string;
  readonly loginServer: string;
}

/** The registries whose data plane is open, by name; the record survives a restart. */
export class Registries {
  private records: Collection<OpenRegistry> | undefined;
  private readonly stores = new Map<string, ImageStore>();

  /** Told whenever a tag is set: by a push, an import or a move. */
  onTagged:
    | ((
        registry: OpenRegistry,
        image: { readonly repository: string; readonly tag: string; readonly digest: string },
      ) => void)
    | undefined;

  constructor(private readonly ctx: SandboxContext) {}

  async open(registry: ArmResource): Promise<string> {
    const name = registry.name.toLowerCase();
    const loginServer = await this.ctx.listen(listenerName(name));
    this.collection().set(name, { id: registry.id.toLowerCase(), name, loginServer });
    return loginServer;
  }

  /** Returns the registry that was open. */
  async close(registryId: string): Promise<OpenRegistry | undefined> {
    const registry = this.findById(registryId);
    if (registry === undefined) return undefined;
    this.images(registry.name).clear();
    this.stores.delete(registry.name);
    this.collection().delete(registry.name);
    await this.ctx.unlisten(listenerName(registry.name));
    return registry;
  }

  findById(id: string): OpenRegistry | undefined {
    const wanted = id.toLowerCase();
    return this.all().find((registry) => registry.id === wanted);
  }

  findByLoginServer(loginServer: string): OpenRegistry | undefined {
    return this.all().find((registry) => registry.loginServer === loginServer.toLowerCase());
  }

  findByListener(listener: string): OpenRegistry | undefined {
    const name = listener.startsWith("registry:") ? listener.slice("registry:".length) : undefined;
    return name === undefined ? undefined : this.collection().get(name);
  }

  images(name: string): ImageStore {
    let store = this.stores.get(name);
    if (store === undefined) {
      store = new ImageStore(this.ctx.state, this.ctx.clock, name, (image) => {
        const registry = this.collection().get(name);
        if (registry !== undefined) this.onTagged?.(registry, image);
      });
      this.stores.set(name, store);
    }
    return store;
  }

  private all(): OpenRegistry[] {
    return this.collection()
      .entries()
      .map(([, registry]) => registry);
  }

  private collection(): Collection<OpenRegistry> {
    this.records ??= this.ctx.state.collection<OpenRegistry>("registries");
    return this.records;
  }
}

function listenerName(registry: string): string {
  return `registry:${registry}`;
}
