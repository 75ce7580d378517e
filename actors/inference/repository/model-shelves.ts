// Pure. The shelves of all models of a node, and the orders that wait for a fresh look at the folders.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { workKinds } from "#protocols/tasks/work-kinds.ts";
import type { RunRequest } from "../engine-request.ts";
import type { FoundModel } from "./model-scan.ts";
import { type LivingCopy, ModelShelf } from "./model-shelf.ts";

/** What is ready, as tasks ask for it. */
export interface Serving {
  readonly names: readonly string[];
  /** What it is for, each once and by name; `verified`: somebody vouches for the files of one. */
  readonly kinds: readonly {
    readonly kind: string;
    readonly standing: "verified" | "unverified";
  }[];
}

type Act = "load" | "unload" | "reload";

export class ModelShelves {
  readonly #shelves = new Map<string, ModelShelf>();
  /** By model, as it was told. */
  readonly #told = new Map<string, string>();
  /** Why the folders could not be looked at the last time; undefined: they could. */
  #blindness: string | undefined;
  #orders: readonly { readonly name: string; readonly act: Act }[] = [];

  /** By name. */
  get all(): readonly ModelShelf[] {
    return [...this.#shelves.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get serving(): Serving {
    const ready = this.all.filter(({ namesServed }) => namesServed.length > 0);
    const kinds = new Map<string, Serving["kinds"][number]["standing"]>();
    for (const shelf of ready) {
      const kind = shelf.found?.settings.kind;
      if (kind === undefined || kinds.get(kind) === "verified") continue;
      kinds.set(kind, shelf.isVerified ? "verified" : "unverified");
    }
    return {
      names: ready.flatMap(({ namesServed }) => namesServed),
      kinds: [...kinds].sort().map(([kind, standing]) => ({ kind, standing })),
    };
  }

  /** Whether the folders could be looked at the last time. */
  get isSeen(): boolean {
    return this.#blindness === undefined;
  }

  /**
   * `isLoaded`: of models that are new. What could not be loaded while nobody saw the folders may only
   * have missed them: it is tried again.
   */
  see(found: readonly FoundModel[], isLoaded: (name: string) => boolean): void {
    if (!this.isSeen) for (const shelf of this.#shelves.values()) shelf.forgive();
    this.#blindness = undefined;
    const byName = new Map(found.map((model) => [model.name, model]));
    for (const name of byName.keys()) {
      if (this.#shelves.has(name)) continue;
      this.#shelves.set(name, new ModelShelf(name, isLoaded(name)));
    }
    for (const shelf of this.#shelves.values()) shelf.see(byName.get(shelf.name));
  }

  /**
   * The folders cannot be looked at: what was found before holds on, and says why it is not renewed.
   * Answers whether that is news; of the models one by one it is none.
   */
  seeNothing(problem: string): boolean {
    const isNews = problem !== this.#blindness;
    this.#blindness = problem;
    for (const [name, shelf] of this.#shelves) {
      shelf.see({ kind: "broken", name, problem });
      this.#told.set(name, problem);
    }
    return isNews;
  }

  /** What keeps models as a whole from being used: each once, as long as it is so. */
  untold(): readonly { readonly name: string; readonly why: string }[] {
    return this.all.flatMap(({ defect: why, name }) => {
      const before = this.#told.get(name);
      if (why === undefined) this.#told.delete(name);
      else this.#told.set(name, why);
      return why === undefined || why === before ? [] : [{ name, why }];
    });
  }

  forgetGone(): void {
    for (const { isGone, name } of this.all) {
      if (!isGone) continue;
      this.#shelves.delete(name);
      this.#told.delete(name);
    }
  }

  /** Carried out after the next look: what is new in the folder is what is to be loaded. `invalid`: nothing to reload. */
  order(name: string, act: Act): Failure | undefined {
    const before = this.#orders.findLast((one) => one.name === name && one.act !== "reload");
    const isLoaded = before ? before.act === "load" : this.#shelves.get(name)?.isLoaded;
    if (act === "reload" && isLoaded === false) {
      return new Failure("invalid", `the model ${name} is not loaded: load it`);
    }
    this.#orders = [...this.#orders, { name, act }];
    return undefined;
  }

  carryOut(): void {
    for (const { name, act } of this.#orders) {
      const shelf = this.#shelves.get(name);
      if (!shelf) continue;
      if (act !== "reload") shelf.isLoaded = act === "load";
      if (act === "reload") shelf.renew();
      else shelf.forgive();
    }
    this.#orders = [];
  }

  /** A model's name may hold anything that a selector may not. */
  of(text: string): {
    readonly shelf: ModelShelf | undefined;
    readonly selector: string | undefined;
  } {
    const at = text.lastIndexOf("@");
    if (at < 1) return { shelf: this.#shelves.get(text), selector: undefined };
    return { shelf: this.#shelves.get(text.slice(0, at)), selector: text.slice(at + 1) };
  }

  /** Who runs a request; `invalid` for a type of another kind, `unavailable` while nobody is ready. */
  servantOf({
    model,
    type,
  }: Pick<RunRequest, "model" | "type">):
    | { readonly name: string; readonly copy: LivingCopy }
    | Failure {
    const { shelf, selector } = this.of(model);
    const copy = shelf?.servant(selector);
    const foreign = shelf && foreignTo(shelf, type);
    if (foreign) return foreign;
    if (shelf && copy) return { name: shelf.name, copy };
    const why = shelf?.whyUnserved(selector) ?? "it is not in the repository";
    return new Failure("unavailable", `the model ${model} is not ready: ${why}`);
  }

  named(name: string): ModelShelf | undefined {
    return this.#shelves.get(name);
  }

  holding(key: string): ModelShelf | undefined {
    return this.all.find(({ situation }) => situation.copies.some((copy) => copy.key === key));
  }

  copy(key: string): LivingCopy | undefined {
    return this.#copies.find((copy) => copy.key === key);
  }

  keyOf(ref: AnyRef): string | undefined {
    const text = ref.$.toString();
    return this.#copies.find((copy) => copy.ref.$.toString() === text)?.key;
  }

  /** What there was no memory for is tried again. */
  findRoom(): void {
    for (const shelf of this.all) shelf.refusals.findRoom();
  }

  /** At the most, of all versions that are to be loaded: those that run networks here. */
  get enginesWanted(): number {
    return this.all.reduce((sum, { enginesWanted }) => sum + enginesWanted, 0);
  }

  get #copies(): readonly LivingCopy[] {
    return this.all.flatMap(({ situation }) => situation.copies);
  }
}

/** Why a task of that type is nothing for this model. A type that is no kind of work says nothing. */
function foreignTo({ name, found }: ModelShelf, type: string | undefined): Failure | undefined {
  const kind = found?.settings.kind;
  const wanted = workKinds.find((known) => known === type);
  if (kind === undefined || wanted === undefined || wanted === kind) return undefined;
  const text = `the model ${name} is for ${kind}, not for ${wanted}; name a model for that`;
  return new Failure("invalid", text);
}
