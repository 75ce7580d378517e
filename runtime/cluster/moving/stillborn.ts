// An actor that comes to a node which is ending, and takes nobody in any more. The move was decided, so
// nobody else may run it: it ends there before it has begun, and whoever waits for it is told.
import type { ActorId } from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import type { Luggage } from "#runtime/core/luggage.ts";
import type { Origin } from "#runtime/core/origin.ts";
import type { Who } from "./cargo.ts";
import type { LostMessages } from "./lost-messages.ts";
import type { MovedNames } from "./moved-names.ts";
import type { MovedWatches } from "./moved-watches.ts";

export interface StillbornPorts {
  readonly lost: LostMessages;
  readonly watches: MovedWatches;
  readonly names: MovedNames;
  /** Once whatever has brought it here is through. */
  soon(act: () => void): void;
  ended(aid: ActorId): void;
}

export class Stillborn {
  readonly #ports: StillbornPorts;

  constructor(ports: StillbornPorts) {
    this.#ports = ports;
  }

  end(
    aid: ActorId,
    { address, names }: Pick<Who, "address" | "names">,
    { mailbox, stash, watchers }: Luggage,
  ): void {
    for (const { method, origin } of [...mailbox, ...stash]) this.#refuse(aid, method, origin);
    for (const watcher of watchers) {
      this.#ports.watches.notify(watcher, address, { kind: "stopped" });
    }
    void this.#ports.names.end(names);
    this.#ports.soon(() => this.#ports.ended(aid));
  }

  #refuse(aid: ActorId, method: string, origin: Origin | undefined): void {
    const text = `${aid} came to a node that was ending, and ended with it before it took ${method}`;
    const failure = new Failure("actor_stopped", text);
    if (origin?.reply) origin.reply.refuse(failure);
    else this.#ports.lost.bury(aid, method, failure);
  }
}
