// Rings the bell of this node's followers: an actor that subscribes to their channels with the
// StateManager, and again with the next one.
//
//   seeking ──found──► subscribing ──subscribed──► live
//      ▲                                             │ the StateManager ended, or gave it up
//      └─────────────(ever later)────────────────────┘
import type { Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import { State, stateName } from "#protocols/tasks/state.ts";
import { type Notice, type NoticeBatch, StateListener } from "#protocols/tasks/state-notices.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { ChannelBell } from "./channel-bell.ts";

interface RingerState {
  readonly bell: ChannelBell;
  channels: readonly string[];
  state: Ref<State> | undefined;
  attempt: number;
}

interface Own {
  listen(channels: readonly string[]): void;
  seek(): void;
  found(state: Ref<State>): void;
  missed(failure: FailureData): void;
  subscribed(channels: readonly string[]): void;
}

const retry = { delayMsMin: 200, delayMsMax: 5_000, factor: 2, jitter: 0.5 };
const seeking = "seeking";

export class StateRinger
  extends Actor<StateListener, RingerState, Own>
  implements Handlers<StateListener & Own>
{
  static readonly protocol = StateListener;
  static initial = (bell: ChannelBell): RingerState => ({
    ...{ bell, channels: [], state: undefined, attempt: 0 },
  });

  override start(): void {
    // The bell is rung from outside of any actor: what it says comes in as a message.
    this.state.bell.use({ listen: (channels) => this.ctx.send("listen", channels) });
  }

  override stopped(): void {
    this.state.bell.use(undefined);
  }

  listen(channels: readonly string[]): void {
    const { state } = this.state;
    const gone = this.state.channels.filter((channel) => !channels.includes(channel));
    this.state.channels = channels;
    if (state === undefined) {
      if (channels.length > 0) this.seek();
      return;
    }
    if (gone.length > 0) {
      state.unsubscribe({ subscriber: this.ctx.self, channels: gone }).catch(() => {});
    }
    this.#subscribe(state);
  }

  seek(): void {
    this.ctx.cancel(seeking);
    if (this.state.channels.length === 0) return;
    this.ctx.pipe(this.ctx.lookup(State, stateName, { within: 1_000 }), "found", "missed");
  }

  found(state: Ref<State>): void {
    if (this.state.state !== undefined) return;
    this.state.state = state;
    this.ctx.watch(state);
    this.#subscribe(state);
  }

  missed(_failure: FailureData): void {
    this.#lost();
  }

  subscribed(channels: readonly string[]): void {
    this.state.attempt = 0;
    const isAll = channels.length === this.state.channels.length;
    if (this.state.state && isAll) this.state.bell.live(true);
  }

  notify({ notices }: NoticeBatch): Ack {
    const again = notices.filter(({ kind }) => kind === "gap");
    for (const notice of notices) this.#ring(notice);
    // What the gap has swallowed is read from the log; from here on it is told again.
    if (again.length > 0 && this.state.state) this.#subscribe(this.state.state);
    return ack;
  }

  lapsed(_reason: string): void {
    this.#lost();
  }

  override terminated(): void {
    this.#lost();
  }

  #ring(notice: Notice): void {
    const { bell } = this.state;
    switch (notice.kind) {
      case "progress":
      case "figures":
        bell.ring(notice.channel, notice);
        break;
      case "event":
      case "gap":
        bell.ring(notice.channel);
        break;
      default:
        notice satisfies never;
    }
  }

  #subscribe(state: Ref<State>): void {
    const { channels } = this.state;
    if (channels.length === 0) return;
    const subscribed = state
      .subscribe({ subscriber: this.ctx.self, channels })
      .then(() => channels);
    this.ctx.pipe(subscribed, "subscribed", "missed");
  }

  #lost(): void {
    if (this.state.state) this.ctx.unwatch(this.state.state);
    this.state.state = undefined;
    this.state.bell.live(false);
    this.state.attempt += 1;
    const delayMs = backoffDelay(retry, this.state.attempt, this.ctx.random());
    this.ctx.after({ ms: delayMs, key: seeking }, "seek");
  }
}
