// The bell of followers: rings when the StateManager says that something happened in a channel, so that
// they need not look at the log all the time. Nothing depends on it: without it they look more often.
import { clientLimits } from "#protocols/client-limits.ts";
import type { Followed } from "./follow-cursor.ts";

/** Who has the channels rung for; told when others are listened to. */
export interface BellRinger {
  listen(channels: readonly string[]): void;
}

interface Listened {
  followers: number;
  isRung: boolean;
  /** The newest of what is only worth its newest value, by its kind. */
  readonly newest: Map<string, Followed>;
  readonly waiting: Set<(items: readonly Followed[]) => void>;
}

export class ChannelBell {
  readonly #channels = new Map<string, Listened>();
  #ringer: BellRinger | undefined;
  #isLive = false;

  /** Milliseconds between two looks while it does not ring. */
  get everyMs(): number {
    return this.#isLive ? clientLimits.followRetryMsMax : clientLimits.followEveryMs;
  }

  /** From now on that one rings, once it says `live`; undefined: nobody. */
  use(ringer: BellRinger | undefined): void {
    this.#ringer = ringer;
    this.#isLive = false;
    if (this.#channels.size > 0) this.#tell();
  }

  /** Whether all channels that are listened to are rung for. All are rung once when that changes. */
  live(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    for (const channel of this.#channels.keys()) this.ring(channel);
  }

  /** Answers how to end that. */
  listen(channel: string): () => void {
    const listened = this.#channels.get(channel) ?? {
      ...{ followers: 0, isRung: false, newest: new Map(), waiting: new Set() },
    };
    listened.followers += 1;
    this.#channels.set(channel, listened);
    if (listened.followers === 1) this.#tell();
    return () => {
      listened.followers -= 1;
      if (listened.followers > 0) return;
      this.#channels.delete(channel);
      this.#tell();
    };
  }

  ring(channel: string, item?: Followed): void {
    const listened = this.#channels.get(channel);
    if (!listened) return;
    if (item) listened.newest.set(item.kind, item);
    listened.isRung = true;
    for (const wake of listened.waiting) wake([...listened.newest.values()]);
    if (listened.waiting.size > 0) forget(listened);
    listened.waiting.clear();
  }

  /** Settles when it rings, or has rung since the last time; with nothing when the signal is aborted. */
  rung(channel: string, signal: AbortSignal): Promise<readonly Followed[]> {
    const listened = this.#channels.get(channel);
    if (listened === undefined || signal.aborted) return Promise.resolve([]);
    if (listened.isRung) {
      const items = [...listened.newest.values()];
      forget(listened);
      return Promise.resolve(items);
    }
    return new Promise((resolve) => {
      const wake = (items: readonly Followed[]): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(items);
      };
      const giveUp = (): void => {
        listened.waiting.delete(wake);
        resolve([]);
      };
      listened.waiting.add(wake);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #tell(): void {
    this.#isLive = false;
    this.#ringer?.listen([...this.#channels.keys()]);
  }
}

function forget(listened: Listened): void {
  listened.isRung = false;
  listened.newest.clear();
}
