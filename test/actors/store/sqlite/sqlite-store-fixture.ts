// A store in a folder of its own, called one command at a time, with the time that the test says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import type { StorePolicy } from "#actors/store/store-policy.ts";
import type { TaskFile, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import { DirectBackend } from "./direct-backend.ts";

export const startMs = 1_700_000_000_000;

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class SqliteStoreFixture {
  readonly path: string;
  nowMs = startMs;
  backend: DirectBackend;
  readonly #policy: Partial<StorePolicy>;
  #idsMade = 0;

  constructor(path: string, policy: Partial<StorePolicy>) {
    this.path = path;
    this.#policy = policy;
    this.backend = this.#open();
  }

  get store() {
    return this.backend.store;
  }

  get do() {
    return this.backend.do.bind(this.backend);
  }

  reopen(): void {
    this.store.close();
    this.backend = this.#open();
  }

  /** Closes the store, changes its file as another program could, and opens it again. */
  alter(statement: string): void {
    this.store.close();
    const database = new Database(this.path);
    database.exec(statement);
    database.close();
    this.backend = this.#open();
  }

  /** The file, opened by another program while the store works. */
  beside(): Database.Database {
    return new Database(this.path);
  }

  /** The new task's id. */
  submit(changes: Partial<TaskSubmission> = {}): string {
    const result = this.do({ method: "submit", args: [submission(changes)] });
    if (result.kind !== "created") throw new Error(`the submission was answered ${result.kind}`);
    return result.taskId;
  }

  claim(max = 1, node = "worker-1"): readonly TaskLease[] {
    return this.do({
      method: "claim",
      args: [{ node, incarnation: 1, models: ["m"], skills: ["fast"], max }],
    });
  }

  claimOne(node = "worker-1"): TaskLease {
    const [lease] = this.claim(1, node);
    if (!lease) throw new Error("nothing waits");
    return lease;
  }

  complete(lease: TaskLease, files: readonly TaskFile[] = [file("image", 3)]) {
    const { taskId, fence, epoch } = lease;
    const result = { figures: { steps: 5 }, files: [...files] };
    return this.do({ method: "complete", args: [{ lease: { taskId, fence, epoch }, result }] });
  }

  view(taskId: string) {
    const view = this.do({ method: "view", args: [taskId] });
    if (!view) throw new Error(`no task ${taskId}`);
    return view;
  }

  sweep(limit = 500) {
    return this.do({ method: "sweep", args: [limit] });
  }

  counts() {
    return this.do({ method: "counts", args: [] });
  }

  problems(): readonly string[] {
    return this.do({ method: "check", args: [] }).problems;
  }

  #open(): DirectBackend {
    return new DirectBackend({
      path: this.path,
      nowMs: () => this.nowMs,
      makeId: () => {
        this.#idsMade += 1;
        return `task-${String(this.#idsMade).padStart(6, "0")}`;
      },
      policy: this.#policy,
    });
  }
}

export function createStore(t: TestContext, policy: Partial<StorePolicy> = {}): SqliteStoreFixture {
  const fixture = new SqliteStoreFixture(join(temporaryFolder(t), "tasks.db"), policy);
  t.after(() => fixture.store.close());
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

/** A store with a row in every table, and tasks in every state. */
export function fillStore(store: SqliteStoreFixture): void {
  store.do({ method: "setQueue", args: [{ queue: "fair", fairMs: 1_000 }] });
  const done = store.submit({ inputs: [file("image", 9)], idempotencyKey: "key-1" });
  store.complete(store.claimOne(), [file("image", 300_000), file("mask", 5)]);
  const failing = store.submit({ userId: "ann", metadata: { a: 1 }, requiredSkills: ["fast"] });
  const lease = store.claimOne();
  store.do({
    method: "fail",
    args: [{ lease: refOf(lease), failure: { code: "bad", detail: "x", class: "validation" } }],
  });
  store.submit({ inputs: [file("image", 9)], name: "asks" });
  store.do({
    method: "confirmRequest",
    args: [
      {
        lease: refOf(store.claimOne()),
        step: 1,
        userId: "ann",
        stepResult: { look: "so" },
        expiresMs: 60_000,
        onTimeout: "proceed",
        mode: "park",
        checkpoint: Uint8Array.of(1, 2, 3),
      },
    ],
  });
  store.submit({ inputs: [file("image", 9)], deadlineMs: 1_000_000, timeoutMs: 500_000 });
  store.claimOne();
  store.submit({ inputs: [file("image", 9)], queueDeadlineMs: 1_000_000, name: "waits" });
  store.submit({ runAt: store.nowMs + 600_000, parentId: parentIn(store) });
  store.submit({ queue: "fair", fairKey: "k", optionalSkills: ["x"], affinityTags: ["y"] });
  if (store.view(done).status !== "completed" || store.view(failing).status !== "failed") {
    throw new Error("the store was to have tasks in every state");
  }
}

const parentIn = (store: SqliteStoreFixture): string =>
  store.submit({ name: "parent", isEvictable: false, retry: retryOnce });

const retryOnce = { baseMs: 1, factor: 1, capMs: 1, jitter: "none" } as const;

export const refOf = ({ taskId, fence, epoch }: TaskLease) => ({ taskId, fence, epoch });
