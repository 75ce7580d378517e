// A StateManager with a real store and a real queue, and subscribers that write down what they
// are told, and answer when the test says.
import { join } from "node:path";
import type { TestContext } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { ack, ask, type Handlers, protocol, tell, withMethodsOf } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { State } from "#protocols/tasks/state.ts";
import { type Notice, type NoticeBatch, StateListener } from "#protocols/tasks/state-notices.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { diskStage } from "../disk-stage.ts";

interface Scribe {
  /** Everything so far, when at least so many notices came. */
  heard(count: number): readonly Notice[];
  lapses(count: number): readonly string[];
  epoch(): string;
  /** From now on it does not answer until `recover`. */
  stall(): void;
  recover(): void;
}
export interface Listening extends StateListener, Scribe {}
export const Listening = withMethodsOf(
  StateListener,
  protocol<Scribe>("test.Scribe@1", {
    heard: ask({ within: 20_000 }),
    lapses: ask({ within: 20_000 }),
    epoch: ask,
    stall: tell,
    recover: tell,
  }),
);

export class ListenerActor extends Actor<Listening> implements Handlers<Listening> {
  static readonly protocol = Listening;
  readonly #notices: Notice[] = [];
  readonly #lapses: string[] = [];
  readonly #waiting = new Set<() => void>();
  #epoch = "";
  #stalled: Promise<void> | undefined;
  #recover: (() => void) | undefined;

  notify({ epoch, notices }: NoticeBatch) {
    this.#epoch = epoch;
    if (this.#stalled) {
      return this.ctx.defer(
        this.#stalled.then(() => {
          this.#take(notices);
          return ack;
        }),
      );
    }
    this.#take(notices);
    return ack;
  }
  lapsed(reason: string): void {
    this.#lapses.push(reason);
    for (const look of this.#waiting) look();
  }
  heard(count: number) {
    return this.#when(this.#notices, count);
  }
  lapses(count: number) {
    return this.#when(this.#lapses, count);
  }
  epoch(): string {
    return this.#epoch;
  }
  stall(): void {
    this.#stalled = new Promise((resolve) => {
      this.#recover = resolve;
    });
  }
  recover(): void {
    this.#stalled = undefined;
    this.#recover?.();
  }
  #take(notices: readonly Notice[]): void {
    this.#notices.push(...notices);
    for (const look of this.#waiting) look();
  }
  #when<T>(items: readonly T[], count: number) {
    return this.ctx.defer(
      new Promise<readonly T[]>((resolve) => {
        const look = (): void => {
          if (items.length < count) return;
          this.#waiting.delete(look);
          resolve([...items]);
        };
        this.#waiting.add(look);
        look();
      }),
    );
  }
}

export interface StateTerms {
  readonly mirror?: MirrorTerms;
  /** Default: in memory. */
  readonly kept?: "on disk";
}

export async function stateOn(context: TestContext, { mirror, kept }: StateTerms = {}) {
  const { system, folder } = await diskStage(context);
  const openStore = async (name = "tasks") => {
    const disk = { kind: "sqlite", path: join(folder, `${name}.sqlite`) } as const;
    const place = kept === "on disk" ? disk : ({ kind: "memory" } as const);
    const actor = system.spawn(StoreActor, place, { name: "store" });
    await system.started(actor);
    return { actor, store: await system.lookup(Store, "store", 5_000) };
  };
  const openState = async () => {
    const actor = system.spawn(StateManager, { mirror: mirror ?? null }, { name: "state" });
    await system.started(actor);
    return { actor, state: await system.lookup(State, "state", 5_000) };
  };
  const opened = await openStore();
  const { actor: stateActor, state } = await openState();
  await followed(state);
  const queueActor = system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  await system.started(queueActor);
  const listener = () => system.spawn(ListenerActor);
  return {
    ...{ system, folder, state, stateActor, openState, openStore, listener },
    ...{ store: opened.store, storeActor: opened.actor },
  };
}

/** Waits until the state follows the store. */
export const followed = (state: Ref<State>): Promise<void> =>
  until(async () => (await state.statistics()).storeTrouble === null);

/** Asks until it is so; for what nobody tells of. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error("it did not become so within 15 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const submission = (differences: Partial<TaskSubmission> = {}): TaskSubmission => ({
  ...{ type: "inpaint", model: "diffuse", parameters: {}, inputs: [] },
  ...differences,
});

export const machine = { hostname: "h", platform: "linux", arch: "x64" } as const;

export const eventsOf = (notices: readonly Notice[], channel: string): readonly number[] =>
  notices.flatMap((notice) =>
    notice.kind === "event" && notice.channel === channel ? [notice.seq] : [],
  );
