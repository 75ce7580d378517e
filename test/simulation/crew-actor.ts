// A crew of the simulation: a boss with hands on other nodes, which fail and leave now and then.
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { placedOn } from "#runtime/cluster/remote/stand-in.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";

export interface Hand {
  /** Who it works for. */
  work(): string;
  /** The life of a node that spawned it for itself alone; empty: it is a boss's. */
  guestOf(): string;
  crash(): void;
  leave(): void;
}
export const Hand = protocol<Hand>("simulation.Hand@1", {
  work: ask,
  guestOf: ask,
  crash: tell,
  leave: tell,
});

export interface HandArguments {
  readonly boss: string;
  readonly guestOf: string;
}

export class HandActor extends Actor<Hand, HandArguments> implements Handlers<Hand> {
  static readonly protocol = Hand;
  static readonly restart = "permanent";
  static initial = (args: HandArguments): HandArguments => args;

  work(): string {
    return this.state.boss;
  }

  guestOf(): string {
    return this.state.guestOf;
  }

  crash(): void {
    throw new Failure("internal", "the hand was told to fail");
  }

  leave(): void {
    this.ctx.stop();
  }
}

export interface Boss {
  ready(): Ack;
}
export const Boss = protocol<Boss>("simulation.Boss@1", { ready: ask });

/** Where the hands are to be: anywhere, or on the node of that name. */
export interface BossArguments {
  readonly on: readonly string[];
}

export const handNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `hand-${index}`);

export class BossActor extends Actor<Boss, BossArguments> implements Handlers<Boss> {
  static readonly protocol = Boss;
  static readonly supervise: SupervisionSpec = {
    ...supervisionDefault,
    restartsMax: Number.POSITIVE_INFINITY,
  };
  static initial = (args: BossArguments): BossArguments => args;

  override start(): void {
    const { on } = this.state;
    const boss = this.ctx.node.name;
    for (const [index, name] of handNames(on.length).entries()) {
      const node = on[index] ?? "";
      const type = placedOn(node === "" ? { leastLoaded: {} } : node, HandActor, { within: 2_000 });
      this.ctx.spawn(type, { boss, guestOf: "" }, { name });
    }
  }

  ready(): Ack {
    return ack;
  }
}
