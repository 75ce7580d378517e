import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runScope } from "#actors/inference/batching/run-scope.ts";
import { WorkQueue } from "#actors/inference/engine/work-queue.ts";
import { type RunTimes, requestsInPipe } from "#actors/inference/engine-messages.ts";
import type { ModelWork, WorkResult } from "#actors/inference/works/model-work.ts";
import { Failure } from "#protocols/failure.ts";

type Step = "read" | "run" | "write";

/** A work whose steps end when they are told to; `log` has what began and what was answered, in order. */
class HeldQueue {
  readonly log: string[] = [];
  readonly times: RunTimes[] = [];
  answered: (result: WorkResult) => void = () => undefined;
  readonly queue: WorkQueue;
  readonly #held = new Map<string, () => void>();
  #lastId = 0;
  #isInRun = false;
  readonly #afterRun: (() => void)[] = [];

  constructor(itemsMax = 1) {
    const held = (step: Step, id: number): Promise<void> => {
      this.log.push(`${step} ${id}`);
      return new Promise((resolve) => this.#held.set(`${step} ${id}`, resolve));
    };
    const work: ModelWork = {
      warmUp: async () => undefined,
      async read({ parameters }) {
        const id = Number(parameters.id);
        await held("read", id);
        if (parameters.isBad === true) throw new Failure("bad_image", "no picture");
        return {
          async run() {
            await held("run", id);
            runScope.getStore()?.waited?.(60_000);
            return {
              async write() {
                await held("write", id);
                return { files: [], figures: {} };
              },
            };
          },
        };
      },
    };
    const ports = {
      done: (id: number, result: WorkResult, times: RunTimes) => {
        this.answered(result);
        this.log.push(`done ${id}`);
        this.times.push(times);
      },
      refused: (id: number, { code }: Failure) => this.log.push(`${code} ${id}`),
      betweenRuns: (act: () => void) => {
        if (this.#isInRun) this.#afterRun.push(act);
        else act();
      },
    };
    this.queue = new WorkQueue(new Map([["m", work]]), ports, { itemsMax });
  }

  add(parameters: { readonly isBad?: true } = {}): number {
    const id = ++this.#lastId;
    const all = { ...parameters, id };
    this.queue.add(
      { kind: "run", id, model: "m", parameters: all, files: [] },
      { files: [], parameters: all },
    );
    return id;
  }

  /** What these steps wait for has happened, and what follows has begun. */
  async end(...steps: readonly `${Step} ${number}`[]): Promise<void> {
    for (const step of steps) {
      const end = this.#held.get(step);
      assert.ok(end, `${step} has not begun: ${this.log.join(", ")}`);
      end();
      await quiet();
    }
  }

  runBegins(): void {
    this.#isInRun = true;
  }

  async runEnds(): Promise<void> {
    this.#isInRun = false;
    for (const act of this.#afterRun.splice(0)) act();
    await quiet();
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("while one is run", () => {
  it("the last is written, the next is prepared and the one after that is read", async () => {
    const held = new HeldQueue();
    for (let count = 0; count < 3; count++) held.add();
    await held.end("read 1", "read 2", "read 3", "run 1");
    const begun = ["read 1", "read 2", "read 3", "run 1", "run 2"];
    // The third takes its place when the first has left it, though that is not written yet.
    assert.deepEqual(held.log, [...begun, "write 1", "run 3"]);
    await held.end("write 1");
    assert.equal(held.log.at(-1), "done 1");
    assert.equal(held.times[0]?.inferMs, 0, "who waits for others does not run");
  });

  it("no more is taken than the pipe holds", () => {
    const held = new HeldQueue();
    for (let count = 0; count < requestsInPipe(1); count++) held.add();
    assert.throws(
      () => held.add(),
      (why) => why instanceof Failure && why.code === "corrupt",
    );
  });
});

describe("the order", () => {
  it("of runs is that of arrival, however long files are read", async () => {
    const held = new HeldQueue(4);
    for (let count = 0; count < 3; count++) held.add();
    await held.end("read 3", "read 2");
    assert.deepEqual(held.log, ["read 1", "read 2", "read 3"]);
    await held.end("read 1");
    assert.deepEqual(held.log.slice(3), ["run 1", "run 2", "run 3"]);
  });

  it("of answers is that in which runs have ended, however long answers are written", async () => {
    const held = new HeldQueue(2);
    held.add();
    held.add();
    await held.end("read 1", "read 2", "run 2", "run 1", "write 1");
    assert.equal(held.log.at(-1), "write 1");
    await held.end("write 2");
    assert.deepEqual(held.log.slice(-2), ["done 2", "done 1"]);
  });

  it("is kept by one that cannot be read: the others go on", async () => {
    const held = new HeldQueue();
    held.add();
    held.add({ isBad: true });
    held.add();
    await held.end("read 2", "read 1", "read 3");
    assert.ok(held.log.includes("bad_image 2"));
    await held.end("run 1", "write 1", "run 3", "write 3");
    assert.deepEqual(held.log.slice(-1), ["done 3"]);
  });
});

describe("one that is withdrawn", () => {
  it("during a run is refused when that has ended, as nobody could say before that it has", async () => {
    const held = new HeldQueue();
    const id = held.add();
    await held.end("read 1");
    held.runBegins();
    held.queue.cancel(id);
    await quiet();
    assert.equal(held.log.at(-1), "run 1");
    await held.runEnds();
    await held.end("run 1");
    assert.equal(held.log.at(-1), "cancelled 1");
  });

  it("while it is read is never run", async () => {
    const held = new HeldQueue();
    const id = held.add();
    held.queue.cancel(id);
    await held.end("read 1");
    assert.deepEqual(held.log, ["read 1", "cancelled 1"]);
  });

  it("when it was answered changes nothing", async () => {
    const held = new HeldQueue();
    const id = held.add();
    await held.end("read 1", "run 1", "write 1");
    held.queue.cancel(id);
    await quiet();
    assert.deepEqual(held.log, ["read 1", "run 1", "write 1", "done 1"]);
  });
});

it("what was answered is held by nobody, though others are answered after it", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const held = new HeldQueue();
  const results: WeakRef<WorkResult>[] = [];
  held.answered = (result) => results.push(new WeakRef(result));
  for (let count = 0; count < 4; count++) {
    const id = held.add();
    await held.end(`read ${id}`, `run ${id}`, `write ${id}`);
  }
  collectGarbage();
  assert.equal(results.length, 4);
  assert.deepEqual(
    results.map((result) => result.deref()),
    results.map(() => undefined),
  );
});
