// Stops of actors that have moved, from any node: a word follows the actor to where it lives, and whoever
// gave it hears when the actor has ended. Where a node on the way is gone, the directory knows whether the
// actor lives on, and the word goes once more.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type ActorId, actorIdOf } from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import type { Pending } from "#runtime/core/actor-class.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { MovedPlaces } from "./moved-places.ts";
import { answerTo } from "./order-answers.ts";
import type { Residents } from "./residents.ts";

export interface FarStop {
  readonly ref: AnyRef;
  readonly pending: Pending;
  /** Milliseconds. */
  readonly within: number;
}

export interface FarStopParts {
  readonly ports: EnginePorts;
  readonly residents: Residents;
  readonly places: MovedPlaces;
  now(): number;
  later(ms: number, act: () => void): void;
  /** To wherever that actor lives. */
  send(aid: ActorId, message: CarriedMessage): void;
}

export class FarStops {
  readonly #parts: FarStopParts;

  constructor(parts: FarStopParts) {
    this.#parts = parts;
  }

  /**
   * Settles when it has ended, or at once for one that never moved, as far as this node and the directory
   * know. Fails with `timeout`.
   */
  async stop({ pending, ref, within }: FarStop): Promise<"ended" | "never_moved"> {
    const aid = actorIdOf(ref.$.address);
    const untilMs = this.#parts.now() + within;
    if (!this.isKnown(aid) && !(await this.#livesSomewhere(aid, untilMs))) return "never_moved";
    for (;;) {
      const failure = await this.#order(ref, { aid, pending, untilMs });
      if (!failure || failure.code === "actor_stopped") return "ended";
      if (failure.code !== "node_down") throw failure;
      if (!(await this.#livesSomewhere(aid, untilMs))) return "ended";
    }
  }

  isKnown(aid: ActorId): boolean {
    const { ports, residents } = this.#parts;
    return residents.wayOf(aid) !== undefined || ports.desk().placeOf(aid) !== undefined;
  }

  /** It lives here. */
  heard(aid: ActorId, order: Extract<CarriedMessage, { kind: "end" }>): void {
    const { succeed } = answerTo(this.#parts.ports, order);
    const cell = this.#parts.residents.find(aid);
    if (cell) cell.ownHousehold.stop(order.pending, succeed);
    else succeed();
  }

  #livesSomewhere(aid: ActorId, untilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#parts.places.find(aid, (place) => resolve(place !== undefined));
      this.#parts.later(Math.max(0, untilMs - this.#parts.now()), () => {
        reject(new Failure("timeout", `the directory did not say in time where ${aid} lives`));
      });
    });
  }

  /** Why it may live on; undefined when it has ended. */
  #order(
    ref: AnyRef,
    terms: { readonly aid: ActorId; readonly pending: Pending; readonly untilMs: number },
  ): Promise<Failure | undefined> {
    const { aid, pending, untilMs } = terms;
    const { inside, node } = this.#parts.ports;
    const within = Math.max(0, untilMs - this.#parts.now());
    return new Promise((resolve) => {
      const ask = inside.asks.open(
        {
          ...{ to: ref.$, method: "stop", isReadonly: false, target: undefined, within },
          ...{ signal: undefined, asker: undefined, sender: undefined, isPassedOn: false },
          ...{ trace: undefined, chain: undefined },
        },
        () => resolve(undefined),
        resolve,
      );
      if (!ask.isOpen) return;
      const correlation = inside.asks.track(node, ask);
      this.#parts.send(aid, { kind: "end", from: node, correlation, pending, untilMs });
    });
  }
}
