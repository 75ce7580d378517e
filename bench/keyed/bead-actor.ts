// What is counted on both nodes: beads, one for each key or one for each plain ref, and the string that
// holds the plain ones and knows how many counts all beads of its process have had.
import { ask, type Handlers, protocol, type Ref, tell } from "#protocols/index.ts";
import { Actor, type Keyed } from "#runtime/index.ts";

export interface Bead {
  count(): void;
  where(): string;
}
export const Bead = protocol<Bead>("bench.Bead@1", { count: tell, where: ask({ within: 15_000 }) });

/** Of this process. */
const counts = { done: 0 };

export class BeadActor extends Actor<Bead> implements Handlers<Bead> {
  static readonly protocol = Bead;

  count(): void {
    counts.done += 1;
  }

  where(): string {
    return this.ctx.node.name;
  }
}

export class KeyedBeadActor extends BeadActor {
  static initial = (_args: Keyed): undefined => undefined;
}

export interface BeadString {
  /** So many new beads. */
  thread(beads: number): Ref<Bead>[];
  done(): number;
}
export const BeadString = protocol<BeadString>("bench.BeadString@1", {
  thread: ask({ within: 30_000 }),
  done: ask({ within: 30_000 }),
});

export class BeadStringActor extends Actor<BeadString> implements Handlers<BeadString> {
  static readonly protocol = BeadString;

  thread(beads: number): Ref<Bead>[] {
    return Array.from({ length: beads }, () => this.ctx.spawn(BeadActor));
  }

  done(): number {
    return counts.done;
  }
}
