// A store in a folder of its own, called one command at a time with the time that the test says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import type { StoreCommand, StoreValue } from "#actors/store/sqlite/store-command.ts";
import { type StorePolicy, storePolicyDefault } from "#actors/store/sqlite/store-policy.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskFile, TaskSubmission } from "#protocols/tasks/task.ts";

export const startMs = 1_700_000_000_000;
export const leaseMs = 10_000;

/** Keeps a value under the type that its command promises. */
class Slot<T> {
  value: T | undefined;
  put(value: T): void {
    this.value = value;
  }
}

export class StoreFixture {
  readonly path: string;
  nowMs = startMs;
  store: SqliteStore;
  readonly #policy: StorePolicy;
  #idsMade = 0;

  constructor(folder: string, policy: Partial<StorePolicy>) {
    this.path = join(folder, "tasks.db");
    this.#policy = { ...storePolicyDefault, ...policy };
    this.store = this.#open();
  }

  reopen(): void {
    this.store.close();
    this.store = this.#open();
  }

  call<C extends StoreCommand>(command: C): StoreValue<C["method"]> {
    const [answer] = this.store.run([command], this.nowMs);
    if (answer?.kind !== "done") {
      throw new Failure(answer?.failure.code ?? "internal", answer?.failure.detail ?? "no answer");
    }
    const slot = new Slot<StoreValue<C["method"]>>();
    const door: { put(value: unknown): void } = slot;
    door.put(answer.value);
    if (slot.value === undefined) throw new Error("the answer has no value");
    return slot.value;
  }

  /** The new task's id. */
  submit(changes: Partial<TaskSubmission> = {}): string {
    const result = this.call({ method: "submit", args: [submission(changes)] });
    if (result.kind === "full") throw new Error("the store is full");
    return result.taskId;
  }

  claim(max = 1, node = "worker-1", models: readonly string[] = ["m"]) {
    return this.call({
      method: "claim",
      args: [{ node, incarnation: 1, models, max, leaseMs }],
    });
  }

  /** The one task that can be claimed, under a lease. */
  claimOne(node = "worker-1") {
    const [lease] = this.claim(1, node);
    if (!lease) throw new Error("nothing waits");
    return lease;
  }

  complete(lease: { readonly taskId: string; readonly fence: number }, files = [file("image", 3)]) {
    const result = { figures: { steps: 5 }, files };
    return this.call({ method: "complete", args: [{ lease, result }] });
  }

  fail(lease: { readonly taskId: string; readonly fence: number }, isRetryable: boolean) {
    const failure = { code: "model_failed", detail: "the model broke", isRetryable };
    return this.call({ method: "fail", args: [{ lease, failure }] });
  }

  sweep(limit = 100) {
    return this.call({ method: "sweep", args: [limit] });
  }

  release(node = "worker-1", except: readonly { taskId: string; fence: number }[] = []) {
    return this.call({ method: "release", args: [{ node, except }] });
  }

  view(taskId: string) {
    const view = this.call({ method: "view", args: [taskId] });
    if (!view) throw new Error(`no task ${taskId}`);
    return view;
  }

  outcome(taskId: string) {
    return this.call({ method: "outcome", args: [taskId] });
  }

  counts() {
    return this.call({ method: "counts", args: [] });
  }

  problems() {
    return this.call({ method: "check", args: [] }).problems;
  }

  #open(): SqliteStore {
    return SqliteStore.open({
      path: this.path,
      nowMs: this.nowMs,
      policy: this.#policy,
      makeId: () => `task-${++this.#idsMade}`,
    });
  }
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function createStore(t: TestContext, policy: Partial<StorePolicy> = {}): StoreFixture {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const fixture = new StoreFixture(folder, policy);
  t.after(() => {
    fixture.store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return fixture;
}

export const submission = (changes: Partial<TaskSubmission> = {}): TaskSubmission => ({
  type: "inpaint",
  model: "m",
  parameters: { seed: 7, mode: "fast" },
  inputs: [],
  ...changes,
});

/** A file whose bytes tell its size and, by `salt`, one such file from another. */
export const file = (name: string, size: number, salt = 1): TaskFile => ({
  name,
  contentType: "image/png",
  bytes: Uint8Array.from({ length: size }, (_, index) => (index * 31 + salt) & 0xff),
});
