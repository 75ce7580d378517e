// Rules of models and their engines broken in the real code of workers: each is caught by the check that is
// there for it, within so many worlds.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RunBatcher } from "#actors/inference/batching/run-batcher.ts";
import { EngineRequest } from "#actors/inference/engine-request.ts";
import { EnginePool } from "#actors/inference/repository/engine-pool.ts";
import { EngineRoom } from "#actors/inference/repository/engine-room.ts";
import { MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { ModelShelf } from "#actors/inference/repository/model-shelf.ts";
import { RequestLanes } from "#actors/inference/request-lanes.ts";
import { RequestLine } from "#actors/inference/request-line.ts";
import { RunClock } from "#actors/inference/run-clock.ts";
import { LoadScaling, type ScalingView } from "#runtime/tasks/load-scaling.ts";
import { models } from "./models/models-scenario.ts";
import { runSeed } from "./scenario.ts";

const seedsToCatch = 120;

interface PlantedBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  readonly seenBy: RegExp;
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a version that keeps who waits for an engine when it ends",
    plant: ({ mock }) => {
      mock.method(EnginePool.prototype, "end", () => undefined);
    },
    seenBy: /answered truly/,
  },
  {
    name: "a request that ends each process it is in and is never run alone",
    plant: ({ mock }) => {
      const { end } = RequestLine.prototype;
      mock.method(
        RequestLine.prototype,
        "end",
        function (this: RequestLine, ...args: Parameters<typeof end>) {
          const { suspected, unbegun } = end.apply(this, args);
          return { suspected: [], unbegun: [...suspected, ...unbegun] };
        },
      );
    },
    seenBy: /answered truly|innocents answered|verify/,
  },
  {
    name: "a withdrawn request that stays in the line",
    plant: ({ mock }) => {
      mock.method(RequestLine.prototype, "leave", () => false);
    },
    seenBy: /begun in time/,
  },
  {
    name: "a withdrawn request that an engine is given nevertheless",
    plant: ({ mock }) => {
      mock.method(RequestLanes.prototype, "leave", () => false);
    },
    seenBy: /answered truly|verify|begun in time/,
  },
  {
    name: "a refused request that is tried anew",
    plant: ({ mock }) => {
      mock.method(EngineRequest.prototype, "fail", function (this: EngineRequest) {
        this.end("suspected", "it may have been another's fault");
      });
    },
    seenBy: /answered truly|verify/,
  },
  {
    name: "runs that nobody times",
    plant: ({ mock }) => {
      mock.method(RunClock.prototype, "follow", () => undefined);
    },
    seenBy: /answered truly|begun in time/,
  },
  {
    name: "a reload that takes away what serves before the next is warm",
    plant: ({ mock }) => {
      const { renew } = ModelShelf.prototype;
      mock.method(ModelShelf.prototype, "renew", function (this: ModelShelf) {
        for (const { key } of this.situation.copies) this.mark(key, "leaving");
        renew.call(this);
      });
    },
    seenBy: /innocents answered|verify/,
  },
  {
    name: "a version that is asked for and not heeded",
    plant: ({ mock }) => {
      const { servant } = ModelShelf.prototype;
      mock.method(ModelShelf.prototype, "servant", function (this: ModelShelf) {
        return servant.call(this, undefined);
      });
    },
    seenBy: /answered truly/,
  },
  {
    name: "an engine more than may be",
    plant: ({ mock }) => {
      const { look } = LoadScaling.prototype;
      mock.method(LoadScaling.prototype, "look", function (this: LoadScaling, view: ScalingView) {
        const step = look.call(this, view);
        return step?.kind === "up" ? { ...step, standing: step.standing + 1 } : step;
      });
    },
    seenBy: /engines within bounds/,
  },
  {
    name: "memory that is granted to whoever asks",
    plant: ({ mock }) => {
      const { ask } = MemoryBudget.prototype;
      mock.method(
        MemoryBudget.prototype,
        "ask",
        function (this: MemoryBudget, wish: Parameters<typeof ask>[0]) {
          return ask.call(this, wish, []);
        },
      );
    },
    seenBy: /engines within bounds|verify/,
  },
  {
    name: "memory that nobody gives back",
    plant: ({ mock }) => {
      mock.method(EngineRoom.prototype, "leave", () => undefined);
    },
    seenBy: /verify/,
  },
  {
    name: "a batcher that forgets who is withdrawn",
    plant: ({ mock }) => {
      mock.method(RunBatcher.prototype, "withdraw", () => false);
    },
    seenBy: /begun in time/,
  },
  {
    name: "answers that are mixed up in a batch",
    plant: ({ mock }) => {
      const { answered } = RequestLine.prototype;
      const { atWork } = Object.getOwnPropertyDescriptors(RequestLine.prototype);
      mock.method(RequestLine.prototype, "answered", function (this: RequestLine, id: number) {
        const working: readonly EngineRequest[] = atWork.get?.call(this) ?? [];
        return answered.call(this, working[1]?.order.id ?? id);
      });
    },
    seenBy: /answered truly/,
  },
];

for (const { name, plant, seenBy } of plantedBugs) {
  test(`${name} is caught within ${seedsToCatch} worlds with models`, async (context) => {
    plant(context);
    for (let seed = 1; seed <= seedsToCatch; seed += 1) {
      const { violation } = await runSeed(models, seed);
      if (!violation) continue;
      assert.match(violation.checker, seenBy, violation.statement);
      context.diagnostic(`seed ${seed}: ${violation.checker}: ${violation.statement}`);
      return;
    }
    assert.fail(`${seedsToCatch} seeds did not show it`);
  });
}
