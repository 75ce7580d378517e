// The actors that a client asks, found when they are needed: so that nothing has to be noticed when one
// of them has ended, and another has taken its place. What is asked for one call shares that call's time,
// finding included.
import type { Ref } from "#protocols/actor-ref.ts";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlChannel, controlChannelName } from "#protocols/tasks/control.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { State, stateName } from "#protocols/tasks/state.ts";
import { CallTime } from "./call-time.ts";

export interface DeskPorts {
  lookup<P>(protocol: Protocol<P>, name: string, withinMs: number): Promise<Ref<P>>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** The same, but fails when this place ends before: nobody else would settle what it waits for. */
  whileHere<R>(work: Promise<R>): Promise<R>;
}

export interface Desk<P> {
  /**
   * Finds the actor and asks it, all within the time; default: that of a call of its own. Fails with
   * `unavailable` when it is not found. `call` gets a ref that waits for what was left of the time.
   */
  ask<R>(call: (ref: Ref<P>, time: CallTime) => Promise<R>, time?: CallTime): Promise<R>;
}

/** So long nobody looks again for a StateManager that was not there. */
const absentForMs = 5_000;

/** The StateManager has ended, and what it was asked is not done. */
const endedCodes: ReadonlySet<string> = new Set(["actor_stopped", "node_down"]);

export class ClusterDesks {
  readonly #ports: DeskPorts;
  readonly #withinMs: number;
  readonly queue: Desk<Queue>;
  readonly store: Desk<Store>;
  readonly registry: Desk<NodeRegistry>;
  readonly control: Desk<ControlChannel>;
  #stateAbsentUntil = Number.NEGATIVE_INFINITY;
  /** Whether this cluster has a StateManager, as far as was seen from here. */
  #stateSeen: "present" | "absent" | undefined;

  constructor(ports: DeskPorts, withinMs: number) {
    this.#ports = ports;
    this.#withinMs = withinMs;
    this.queue = this.#desk(Queue, "queue");
    this.store = this.#desk(Store, "store");
    this.registry = this.#desk(NodeRegistry, nodeRegistryName);
    this.control = this.#desk(ControlChannel, controlChannelName);
  }

  /** Of one call, from now on. */
  time(withinMs = this.#withinMs): CallTime {
    return new CallTime(this.#ports.now, withinMs);
  }

  /** What the StateManager answers; undefined when none can be found just now: the store knows the same. */
  async askState<R>(
    call: (state: Ref<State>) => Promise<R>,
    time = this.time(),
  ): Promise<R | undefined> {
    const beginMs = this.#ports.now();
    if (beginMs < this.#stateAbsentUntil) return undefined;
    const lookMs = Math.min(time.leftFor(stateName), clientLimits.stateLookUpMsMax);
    const found = await this.#stateWithin(lookMs).catch(() => undefined);
    if (!found) {
      this.#stateAbsentUntil = beginMs + absentForMs;
      return undefined;
    }
    try {
      const within = time.leftFor(stateName);
      return await this.#ports.whileHere(call(found.$.with({ within })));
    } catch (error) {
      // Its name may stand a while longer than it does.
      if (!endedCodes.has(Failure.of(error).code)) throw error;
      this.#stateAbsentUntil = this.#ports.now() + absentForMs;
      return undefined;
    }
  }

  /**
   * What the StateManager answers; null: the cluster has none. Fails with `unavailable` when that cannot
   * be known, and while one that was there before is away.
   */
  async readState<R>(call: (state: Ref<State>) => Promise<R>, time: CallTime): Promise<R | null> {
    const { lookUpMsMax, stateLookUpMsMax } = clientLimits;
    // One that was never seen may just be starting: it is waited for once.
    const patienceMs = this.#stateSeen === undefined ? lookUpMsMax : stateLookUpMsMax;
    const found = await this.#stateWithin(Math.min(time.leftFor(stateName), patienceMs));
    if (found)
      return this.#ports.whileHere(call(found.$.with({ within: time.leftFor(stateName) })));
    if (this.#stateSeen !== "present") {
      this.#stateSeen = "absent";
      return null;
    }
    const text = "the StateManager of the cluster was there, and is away just now; try again";
    throw new Failure("unavailable", text);
  }

  /** Undefined only when the directory says that there is none. */
  async #stateWithin(lookMs: number): Promise<Ref<State> | undefined> {
    try {
      const found = await this.#ports.whileHere(this.#ports.lookup(State, stateName, lookMs));
      this.#stateSeen = "present";
      return found;
    } catch (cause) {
      if (Failure.of(cause).code === "not_found") return undefined;
      throw cause;
    }
  }

  #desk<P>(protocol: Protocol<P>, name: string): Desk<P> {
    return {
      ask: async (call, time = this.time()) => {
        const ref = await this.#found(protocol, name, time.leftFor(name));
        return this.#ports.whileHere(call(ref.$.with({ within: time.leftFor(name) }), time));
      },
    };
  }

  async #found<P>(protocol: Protocol<P>, name: string, leftMs: number): Promise<Ref<P>> {
    const within = Math.min(clientLimits.lookUpMsMax, leftMs);
    try {
      return await this.#ports.whileHere(this.#ports.lookup(protocol, name, within));
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      if (code === "cancelled" || code === "name_taken") throw cause;
      const text = `the ${name} of the cluster is not there just now (${detail}); try again`;
      throw new Failure("unavailable", text, cause);
    }
  }
}
