// The actors of one node that were spawned from elsewhere, by all that they are asked for by.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Steward } from "./steward.ts";

export interface PlacedActor {
  readonly request: string;
  readonly name: string | undefined;
  readonly steward: Ref<Steward>;
  /** Settles when it is there; fails with why it is not. */
  readonly answer: Promise<AnyRef>;
  /** Settles when its steward has ended, and its name is free. */
  readonly ended: Promise<void>;
  readonly end: () => void;
  actor: AnyRef | undefined;
  /** The actor has ended; its steward is about to. */
  isEnding: boolean;
}

export class PlacedActors {
  readonly #byRequest = new Map<string, PlacedActor>();
  readonly #bySteward = new Map<string, PlacedActor>();
  readonly #byActor = new Map<string, PlacedActor>();
  readonly #byName = new Map<string, PlacedActor>();

  get count(): number {
    return this.#bySteward.size;
  }

  add(placed: PlacedActor): void {
    this.#byRequest.set(placed.request, placed);
    this.#bySteward.set(keyOf(placed.steward), placed);
    if (placed.name !== undefined) this.#byName.set(placed.name, placed);
  }

  born(placed: PlacedActor, actor: AnyRef): void {
    placed.actor = actor;
    this.#byActor.set(keyOf(actor), placed);
  }

  ofRequest(request: string): PlacedActor | undefined {
    return this.#byRequest.get(request);
  }

  ofName(name: string): PlacedActor | undefined {
    return this.#byName.get(name);
  }

  /** The living actor that a ref means, also by its path alone. */
  ofActor(ref: AnyRef): PlacedActor | undefined {
    if (ref.$.address.uid !== 0) return this.#byActor.get(keyOf(ref));
    const { path } = ref.$.address;
    for (const placed of this.#byActor.values()) {
      if (placed.actor?.$.address.path === path) return placed;
    }
    return undefined;
  }

  /** Takes it out when the ref is its steward's, and marks it when it is the actor's. */
  terminated(ref: AnyRef): PlacedActor | undefined {
    const key = keyOf(ref);
    const ending = this.#byActor.get(key);
    if (ending) ending.isEnding = true;
    const placed = this.#bySteward.get(key);
    if (!placed) return undefined;
    this.#bySteward.delete(key);
    this.#byRequest.delete(placed.request);
    if (placed.actor) this.#byActor.delete(keyOf(placed.actor));
    if (placed.name !== undefined && this.#byName.get(placed.name) === placed) {
      this.#byName.delete(placed.name);
    }
    return placed;
  }
}

const keyOf = (ref: AnyRef): string => addressKey(ref.$.address);
