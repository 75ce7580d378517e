// The actor that moves: hears numbers of several senders, and notices what is missing, what comes twice
// and out of its turn, and for how long it heard nothing around its last move.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";

const patiently = ask({ within: 60_000 });

export interface Heard {
  /** Of all senders. */
  readonly count: number;
  /** Numbers that were not the ones to come. */
  readonly wrong: number;
  /** From the last number before the last move to the first one after it. */
  readonly pauseMs: number;
}

export interface Listener {
  hear(sender: number, number: number): void;
  heard(): Heard;
}
export const Listener = protocol<Listener>("bench.Listener@1", { hear: tell, heard: patiently });

interface ListenerState {
  readonly nextOf: number[];
  count: number;
  wrong: number;
  lastMs: number;
  pauseMs: number;
}

export class ListenerActor extends Actor<Listener, ListenerState> implements Handlers<Listener> {
  static readonly protocol = Listener;
  static readonly mailbox = { capacity: 1_000, whenFull: "backpressure" } as const;
  static initial = (): ListenerState => ({
    nextOf: [],
    ...{ count: 0, wrong: 0, lastMs: 0, pauseMs: 0 },
  });
  /** Of the instance, not of the state: nothing was heard here yet. */
  #isNew = true;

  hear(sender: number, number: number): void {
    const { nextOf, lastMs } = this.state;
    const nowMs = machineNowMs();
    if (this.#isNew && lastMs > 0) this.state.pauseMs = nowMs - lastMs;
    this.#isNew = false;
    this.state.lastMs = nowMs;
    this.state.count += 1;
    if (number !== (nextOf[sender] ?? 0)) this.state.wrong += 1;
    nextOf[sender] = number + 1;
  }

  heard(): Heard {
    const { count, pauseMs, wrong } = this.state;
    return { count, wrong, pauseMs };
  }
}

/** One clock for all processes of a machine. */
const machineNowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
