// Enters in the history what a system's observer sees: the lives of its actors, and dead letters.
//
//   spawned ──► restarted ──► restarted ──► ended        one actor, by node, path and number
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, formatNode } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { DeadLetter } from "#runtime/core/dead-letters.ts";
import type { HandlingEnd, ObservedActor, Observer } from "#runtime/core/observer.ts";
import type { Occurrence } from "./history.ts";
import { OneAtATime } from "./one-at-a-time.ts";

export class LifeObserver implements Observer {
  readonly #record: (occurrence: Occurrence) => void;
  /** By path: which life of the actor that has it now, to tell a supervisor's lives apart. */
  readonly #lives = new Map<string, string>();
  readonly #turns: OneAtATime;

  constructor(record: (occurrence: Occurrence) => void) {
    this.#record = record;
    this.#turns = new OneAtATime((actor, methods) =>
      record({ kind: "overlapped", actor: actorKey(actor), methods }),
    );
  }

  handling(actor: ObservedActor, method: string): string {
    this.#turns.began(actor, method);
    return method;
  }

  handled(actor: ObservedActor, method: string, _end: HandlingEnd): void {
    this.#turns.ended(actor, method);
  }

  spawned(actor: ObservedActor): void {
    this.#lives.set(actor.path, lifeOf(actor));
    this.#record({
      kind: "spawned",
      actor: actorKey(actor),
      supervisor: this.#supervisorOf(actor),
    });
  }

  restarted(actor: ObservedActor): void {
    this.#lives.set(actor.path, lifeOf(actor));
    this.#record({
      kind: "restarted",
      actor: actorKey(actor),
      supervisor: this.#supervisorOf(actor),
    });
  }

  ended(actor: ObservedActor, exit: Exit): void {
    if (this.#lives.get(actor.path) === lifeOf(actor)) this.#lives.delete(actor.path);
    this.#record({ kind: "ended", actor: actorKey(actor), how: exit.kind });
  }

  dead({ to, method, reason }: DeadLetter): void {
    this.#record({ kind: "dead", to, method, code: reason });
  }

  // What the history has no events for.
  crashed(): void {}
  sending(): undefined {}

  #supervisorOf({ path, address }: ObservedActor): string {
    const above = path.slice(0, path.lastIndexOf("/"));
    return this.#lives.get(above) ?? `${formatNode(address.node)}/`;
  }
}

const scheme = "troupe://";

/** An actor as the history names it: `node~incarnation/path#uid`. */
export const referenceKey = (ref: AnyRef): string => nameOf(ref.$.address);

const nameOf = (address: Address): string => formatAddress(address).slice(scheme.length);

const actorKey = ({ address }: ObservedActor): string => nameOf(address);

const lifeOf = (actor: ObservedActor): string => `${actorKey(actor)}.${actor.restarts}`;
