// Whoever follows what happens: subscribes to a few channels with the StateManager, writes down what it is
// told, and goes on with the next one by the numbers that it has.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import { type Resumption, State, type Subscribed, stateName } from "#protocols/tasks/state.ts";
import { type Notice, type NoticeBatch, StateListener } from "#protocols/tasks/state-notices.ts";
import { Actor } from "#runtime/core/actor.ts";
import { followedChannels, recordFact, recordSight } from "./task-facts.ts";
import { siteKey } from "./task-site.ts";

interface Resumed {
  readonly channel: string;
  readonly resumption: Resumption;
}

interface Own {
  seek(): void;
  found(state: Ref<State>): void;
  subscribed(subscribed: Subscribed): void;
  resumed(resumed: Resumed): void;
  missed(): void;
}

const retryMs = 300;
const seeking = "seeking";
const within = { within: 2_000 };

export class FollowerActor
  extends Actor<StateListener, undefined, Own>
  implements Handlers<StateListener & Own>
{
  static readonly protocol = StateListener;

  #state: Ref<State> | undefined;
  #epoch: string | undefined;
  /** By channel: what is told before its beginning is known. */
  readonly #early = new Map<string, Notice[]>();

  override start(): void {
    this.seek();
  }

  /** Those of a former StateManager may come late: what they tell, the present one tells again. */
  notify({ notices }: NoticeBatch): Ack {
    if (!this.#isState(this.ctx.sender)) return ack;
    for (const notice of notices) this.#hear(notice);
    return ack;
  }

  lapsed(): void {
    recordSight(this.#site.host, "follower lapsed");
    this.#state = undefined;
    this.seek();
  }

  override terminated(ended: AnyRef): void {
    if (!this.#isState(ended)) return;
    this.#state = undefined;
    this.seek();
  }

  seek(): void {
    if (this.#state) return;
    this.ctx.pipe(this.ctx.lookup(State, stateName, within), "found", "missed");
  }

  found(state: Ref<State>): void {
    this.#state = state;
    this.ctx.watch(state);
    if (this.#epoch !== undefined) {
      for (const channel of this.#site.followed.keys()) this.#resume(channel);
      return;
    }
    for (const channel of followedChannels) this.#early.set(channel, []);
    const subscriber = this.ctx.self;
    const asked = state.$.with(within).subscribe({ subscriber, channels: followedChannels });
    this.ctx.pipe(asked, "subscribed", "missed");
  }

  subscribed({ epoch, heads }: Subscribed): void {
    this.#epoch = epoch;
    for (const { channel, head } of heads) {
      // Of two calls at a time the second begins where the first does, and may be answered when more was told.
      const last = this.#site.followed.get(channel);
      const isBegun = last !== undefined && last >= head && !this.#early.has(channel);
      if (!isBegun) this.#begin(channel, head);
    }
  }

  resumed({ channel, resumption }: Resumed): void {
    recordSight(this.#site.host, `state ${resumption.kind}`);
    this.#epoch = resumption.epoch;
    if (resumption.kind === "snapshot") this.#begin(channel, resumption.head);
    else this.#goOn(channel);
  }

  missed(): void {
    this.#state = undefined;
    this.#early.clear();
    this.ctx.after({ ms: retryMs, key: seeking }, "seek");
  }

  #hear(notice: Notice): void {
    const { channel } = notice;
    const early = this.#early.get(channel);
    if (early) early.push(notice);
    else if (notice.kind === "gap") this.#resume(channel);
    else if (notice.kind === "event") this.#heard(notice);
  }

  #heard({ channel, seq, type, taskId }: Extract<Notice, { readonly kind: "event" }>): void {
    const { followed, host } = this.#site;
    const last = followed.get(channel);
    if (last === undefined) return;
    if (seq <= last) {
      recordSight(host, "heard twice");
      return;
    }
    followed.set(channel, seq);
    recordFact(host, "heard", { channel, seq, type, taskId });
  }

  #begin(channel: string, head: number): void {
    const { followed, host } = this.#site;
    followed.set(channel, head);
    recordFact(host, "follows", { channel, head });
    this.#goOn(channel);
  }

  /**
   * With what came before it was known where the channel begins. Some of it may be of a subscription whose
   * answer came too late: what does not go on from here is told again.
   */
  #goOn(channel: string): void {
    const early = this.#early.get(channel) ?? [];
    this.#early.delete(channel);
    for (const notice of early) {
      const last = this.#site.followed.get(channel) ?? 0;
      if (notice.kind === "event" && notice.seq > last + 1) {
        recordSight(this.#site.host, "heard of a former subscription");
      } else this.#hear(notice);
    }
  }

  #resume(channel: string): void {
    const epoch = this.#epoch;
    if (!this.#state || epoch === undefined) return;
    const after = this.#site.followed.get(channel) ?? 0;
    const request = { subscriber: this.ctx.self, channel, epoch, after };
    this.#early.set(channel, []);
    const asked = this.#state.$.with(within).resume(request);
    this.ctx.pipe(
      asked.then((resumption) => ({ channel, resumption })),
      "resumed",
      "missed",
    );
  }

  #isState(ref: AnyRef | undefined): boolean {
    return ref !== undefined && ref.$.toString() === this.#state?.$.toString();
  }

  get #site() {
    return this.ctx.use(siteKey);
  }
}
