// One store from its first task to its last kill: clients work on it, something is killed at a chance
// instant, what was killed comes back, whatever nobody answered is asked again, and then everything
// that was ever acknowledged must be there. The next process stands ready while the last one works.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { StoreBackend } from "#actors/store/backend.ts";
import type { SeededRandom } from "#runtime/core/random.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import { entriesOf, type LogEntry } from "../contract/acknowledged.ts";
import { ContractStore } from "../contract/contract-store.ts";
import { violations } from "../contract/invariants.ts";
import { observe } from "../contract/observed-store.ts";
import { ChildStore } from "./child-store.ts";
import type { CrashPlan } from "./crash-plan.ts";
import { CrashTraffic, nodes, resultOf } from "./crash-traffic.ts";
import type { CrashPlace } from "./store-process.ts";

export interface CrashGround {
  readonly place: CrashPlace;
  /** What is killed; `process` is the one that has the store open. */
  readonly victims: readonly CrashVictim[];
  /** Sentences about damage, seen while the store is open. */
  problems(store: ContractStore): Promise<readonly string[]>;
}

export type CrashVictim =
  | "process"
  | {
      readonly name: string;
      readonly takesProcess: "with" | "without";
      kill(): Promise<void>;
      revive(): Promise<void>;
    };

export interface CrashAccount {
  readonly acknowledged: number;
  readonly unanswered: Readonly<Record<string, number>>;
  readonly completed: number;
}

const answersBeforeKillMax = 120;
const killDelayMsMax = 25;

export class CrashRun {
  readonly #ground: CrashGround;
  readonly #plan: CrashPlan;
  readonly #random: SeededRandom;
  readonly #store: ContractStore;
  readonly #traffic: CrashTraffic;
  #child: ChildStore;
  #standby: ChildStore;

  constructor(ground: CrashGround, plan: CrashPlan) {
    this.#ground = ground;
    this.#plan = plan;
    this.#random = randomOf(plan.seed, "kills");
    this.#child = new ChildStore(ground.place.kind);
    this.#standby = new ChildStore(ground.place.kind);
    this.#store = new ContractStore(this.#opened());
    this.#traffic = new CrashTraffic(this.#store, plan.seed);
  }

  async run(): Promise<CrashAccount> {
    try {
      await (await this.#child.loaded()).open(this.#ground.place);
      for (let kill = 1; kill <= this.#plan.kills; kill += 1) {
        await this.#untilKilled();
        await this.#settle(`after kill ${kill} of seed ${this.#plan.seed}`);
      }
      return await this.#account();
    } finally {
      await Promise.all([this.#child.kill(), this.#standby.kill()]);
    }
  }

  async #untilKilled(): Promise<void> {
    const victim =
      this.#ground.victims[Math.floor(this.#random.next() * this.#ground.victims.length)];
    const enough = this.#child.answers + Math.floor(this.#random.next() * answersBeforeKillMax);
    const delayMs = this.#random.next() * killDelayMsMax;
    const work = this.#traffic.run();
    const failed = work.then(() => assert.fail("the clients ended before the kill"));
    failed.catch(() => {});
    while (this.#child.answers < enough) await Promise.race([delay(1), failed]);
    await delay(delayMs);
    if (victim === "process") await this.#child.kill();
    if (typeof victim === "object") {
      await victim.kill();
      if (victim.takesProcess === "with") await this.#child.kill();
      await victim.revive();
      this.#traffic.end();
    }
    await work;
    if (victim === "process" || victim?.takesProcess === "with") await this.#replace();
  }

  async #replace(): Promise<void> {
    this.#child = await this.#standby.loaded();
    this.#standby = new ChildStore(this.#ground.place.kind);
    await this.#child.open(this.#ground.place);
  }

  /** Whatever nobody answered is asked again, as its clients would do. */
  async #settle(when: string): Promise<void> {
    const traffic = this.#traffic;
    for (const submission of traffic.unsureSubmissions.splice(0)) {
      const { kind } = await this.#store.submit(submission);
      assert.match(kind, /^(created|replayed)$/, when);
    }
    for (const lease of traffic.unsureCompletions.splice(0)) {
      const { kind } = await this.#store.complete(lease, resultOf(lease));
      if (kind === "lost") await this.#isResultOf(lease.taskId, lease.fence, when);
    }
    for (const node of nodes) {
      const held = [...traffic.held.values()]
        .filter((kept) => kept.node === node)
        .map(({ lease: { taskId, fence, epoch } }) => ({ taskId, fence, epoch }));
      const { lost } = await this.#store.heartbeat({ node, leases: held, leaseMs: 3_600_000 });
      assert.deepEqual(lost, [], `${when}: leases that were given are still held`);
      await this.#store.releaseNode(node, held);
    }
    assert.deepEqual(await this.#ground.problems(this.#store), [], when);
  }

  async #isResultOf(taskId: string, fence: number, when: string): Promise<void> {
    const outcome = await this.#store.outcome(taskId);
    assert.ok(outcome?.status === "completed", `${when}: ${taskId} is ${outcome?.status}`);
    assert.equal(outcome.result.figures.fence, fence, `${when}: ${taskId} has another's result`);
    const expected = resultOf({ taskId, fence }).files[0]?.bytes;
    assert.deepEqual(outcome.result.files[0]?.bytes, expected, `${when}: ${taskId} has its files`);
  }

  async #account(): Promise<CrashAccount> {
    const when = `in the end, seed ${this.#plan.seed}`;
    const log = withUncertain(this.#store.log);
    const observed = await observe(this.#store);
    assert.deepEqual(violations({ log, observed }), [], when);
    const commits = entriesOf(log, "complete").filter(
      ({ entry }) => entry.result.kind === "committed",
    );
    for (const { entry } of commits) {
      await this.#isResultOf(entry.lease.taskId, entry.lease.fence, when);
    }
    return {
      acknowledged: log.length,
      unanswered: Object.fromEntries(this.#traffic.cut),
      completed: commits.length,
    };
  }

  #opened() {
    const backend: StoreBackend = {
      lost: new Promise<never>(() => {}),
      info: { kind: "memory", epoch: "", ackLevels: [], schemaVersion: 0, timeSkewMs: 0 },
      call: (command) => this.#child.call(command),
      close: async () => {},
    };
    return {
      backend,
      nowMs: async () => Date.now(),
      pass: (ms: number) => delay(ms),
      reopen: async () => backend,
      end: async () => {},
    };
  }
}

/** A submission that was stored and not answered is known by the answer to its repetition. */
function withUncertain(log: readonly LogEntry[]): readonly LogEntry[] {
  const created = new Set<string>();
  return log.map((entry) => {
    if (entry.kind !== "submit" || !("taskId" in entry.result)) return entry;
    const { kind, taskId } = entry.result;
    const isFirst = !created.has(taskId);
    created.add(taskId);
    if (kind !== "replayed" || !isFirst) return entry;
    return { ...entry, result: { kind: "created", taskId, ack: entry.result.ack, evicted: null } };
  });
}
