// The actor that measures: a producer that has its own messages between its turns, and pauses when the
// link or the other's mailbox is full; and an asker.
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";
import type { Done } from "../core/contender.ts";
import { itemOf } from "./item.ts";
import {
  bulkBytes,
  type Conversation,
  conversed,
  conversedBeside,
  messagesPerTurn,
} from "./link-runtime.ts";
import { Far } from "./troupe-far-actor.ts";

const patiently = ask({ within: 170_000 });

export interface Near {
  stream(count: number): number;
  converse(order: Conversation): Done;
  besideBulk(ms: number): Done;
}
export const Near = protocol<Near>("bench.Near@1", {
  stream: patiently,
  converse: patiently,
  besideBulk: patiently,
});

interface Own {
  produce(): void;
}

export class NearActor extends Actor<Near, undefined, Own> implements Handlers<Near> {
  static readonly protocol = Near;
  #far: Ref<Far> | undefined;
  #bulky: Ref<Far> | undefined;
  #sent = 0;
  #total = 0;
  #allSent: (counted: Promise<number>) => void = () => {};

  override async start(): Promise<void> {
    this.#far = await this.ctx.lookup(Far, "small");
    this.#bulky = await this.ctx.lookup(Far, "large");
  }

  stream(count: number): Deferred<number> {
    this.#sent = 0;
    this.#total = count;
    const counted = new Promise<number>((resolve) => {
      this.#allSent = resolve;
    });
    this.ctx.send("produce");
    return this.ctx.defer(counted);
  }

  produce(): void {
    const far = this.#to(this.#far);
    const end = Math.min(this.#total, this.#sent + messagesPerTurn);
    for (; this.#sent < end; this.#sent += 1) far.add(itemOf(this.#sent));
    if (this.#sent < this.#total) this.ctx.send("produce");
    // In the order of the tells: it is answered when all have been counted.
    else this.#allSent(far.taken());
  }

  converse(order: Conversation): Promise<Done> {
    const far = this.#to(this.#far);
    return conversed(order, (item) => far.next(item));
  }

  besideBulk(ms: number): Promise<Done> {
    const [far, bulky] = [this.#to(this.#far), this.#to(this.#bulky)];
    const bytes = new Uint8Array(bulkBytes);
    return conversedBeside(
      ms,
      (item) => far.next(item),
      async (isOver) => {
        while (!isOver()) {
          bulky.carry(bytes);
          await bulky.taken();
        }
      },
    );
  }

  #to(ref: Ref<Far> | undefined): Ref<Far> {
    if (ref === undefined) throw new Error("the other node's actor was not looked up");
    return ref;
  }
}
