// The store in SQLite without its thread, under a clock that the test moves: what a test says happens
// when the test says it.

import type { StoreBackend, StoreCommand, StoreValue } from "#actors/store/backend.ts";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
import { type StorePolicy, storePolicyDefault } from "#actors/store/store-policy.ts";
import { checkRequest } from "#actors/store/store-requests.ts";
import { Failure } from "#protocols/failure.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";

export interface DirectOptions {
  readonly path: string;
  readonly nowMs: () => number;
  readonly makeId: () => string;
  readonly policy?: Partial<StorePolicy>;
}

interface WaitingCall {
  readonly command: StoreCommand;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

/** Keeps a value under the type that its command promises. */
class Slot<T> {
  value: T | undefined;
  put(value: T): void {
    this.value = value;
  }
}

export class DirectBackend implements StoreBackend {
  readonly info: StoreInfo;
  readonly lost: Promise<never> = new Promise(() => {});
  readonly store: SqliteStore;
  readonly #options: DirectOptions;
  readonly #policy: StorePolicy;
  readonly #waiting: WaitingCall[] = [];

  constructor(options: DirectOptions) {
    this.#options = options;
    this.#policy = { ...storePolicyDefault, ...options.policy };
    const { path, nowMs, makeId } = options;
    this.store = SqliteStore.open({ path, nowMs: nowMs(), makeId, policy: this.#policy });
    this.info = this.store.info;
  }

  /** One batch of one command. */
  do<C extends StoreCommand>(command: C): StoreValue<C["method"]> {
    checkRequest(command);
    const slot = new Slot<StoreValue<C["method"]>>();
    const door: { put(value: unknown): void } = slot;
    door.put(this.#answer(command));
    if (slot.value === undefined) throw new Error("the answer has no value");
    return slot.value;
  }

  /** Calls of one turn are one batch. */
  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    checkRequest(command);
    if (command.method === "check") return this.do(command);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) queueMicrotask(() => this.#runBatch());
      this.#waiting.push({ command, resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.store.close();
  }

  #runBatch(): void {
    const calls = this.#waiting.splice(0);
    const answers = this.store.run(
      calls.map(({ command }) => command),
      this.#options.nowMs(),
    );
    for (const [index, { resolve, reject }] of calls.entries()) {
      const answer = answers[index];
      if (answer?.kind === "done") resolve(answer.value);
      else reject(new Failure(answer?.failure.code ?? "internal", answer?.failure.detail ?? ""));
    }
  }

  #answer(command: StoreCommand): unknown {
    const nowMs = this.#options.nowMs();
    if (command.method === "check") {
      return { problems: inspect({ path: this.#options.path, nowMs, policy: this.#policy }) };
    }
    const [answer] = this.store.run([command], nowMs);
    if (answer?.kind === "done") return answer.value;
    throw new Failure(answer?.failure.code ?? "internal", answer?.failure.detail ?? "no answer");
  }
}
