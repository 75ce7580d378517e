// Group C: the terms of a claim. What machines can hold, how fast tasks may leave, what runs together,
// and what a node was granted without learning of it.
import assert from "node:assert/strict";
import type { ClaimRates, ClaimRequest } from "#protocols/tasks/claim-request.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";

export function claimTermsPromises(fixture: StoreFixture): void {
  machinePromises(fixture);
  skillPromises(fixture);
  ratePromises(fixture);
  userRatePromises(fixture);
  batchPromises(fixture);
  recallPromises(fixture);
}

const GiB = 1024 ** 3;
const small = {
  ...{ platform: "linux", arch: "x64", cores: 2, memoryBytes: 4 * GiB, diskBytes: 10 * GiB },
  gpus: [],
};
const large = { ...small, cores: 16, memoryBytes: 64 * GiB, gpus: [{ memoryBytes: 24 * GiB }] };

const idsOf = async (store: ContractStore, terms: Partial<ClaimRequest>) =>
  (await store.claimed(terms)).map(({ taskId }) => taskId);

function machinePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  const demands = [
    { demand: { memoryBytes: 4 * GiB + 1 }, what: "memory" },
    { demand: { cores: 3 }, what: "cores" },
    { demand: { diskBytes: 11 * GiB }, what: "disk", isForNobody: true },
    { demand: { gpuMemoryBytes: 0 }, what: "a GPU" },
    { demand: { gpuMemoryBytes: 24 * GiB }, what: "GPU memory" },
    { demand: { arch: "arm64" }, what: "the architecture", isForNobody: true },
  ];
  for (const { demand, what, isForNobody = false } of demands) {
    promise(`a task goes only where its machine has ${what}`, async (store) => {
      const taskId = await store.created({ machine: demand });
      const plain = await store.created();
      assert.deepEqual(await idsOf(store, { machine: small, max: 1 }), [plain]);
      assert.deepEqual(await idsOf(store, { machine: small }), []);
      assert.deepEqual(await idsOf(store, {}), [], "who says nothing of its machine has nothing");
      assert.deepEqual(await idsOf(store, { machine: large }), isForNobody ? [] : [taskId]);
    });
  }

  promise("what waits is told as kinds of work, with what each demands", async (store) => {
    const demanding = await store.created({ machine: { cores: 64 }, requiredSkills: ["b", "a"] });
    await store.created({ machine: { cores: 64 }, requiredSkills: ["a", "b"] });
    const plain = await store.created({ queue: "other" });
    await store.created({ queue: "paused" });
    await store.setQueue({ queue: "paused", isPaused: true });
    const kinds = await store.waitingKinds();
    assert.deepEqual(
      kinds.toSorted((a, b) => (a.queue < b.queue ? -1 : 1)),
      [
        {
          ...{ queue: "default", model: "lama", requiredSkills: ["a", "b"] },
          ...{ skillLevel: 0, machine: { cores: 64 }, taskId: demanding },
        },
        {
          ...{ queue: "other", model: "lama", requiredSkills: [] },
          ...{ skillLevel: 0, machine: {}, taskId: plain },
        },
      ],
    );
  });
}

function skillPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");
  const ocrAt = (level: number) => ({ skills: [{ skill: "ocr", level }] });

  promise("a task goes to nobody who has its skill less well than it requires", async (store) => {
    const wanted = { requiredSkills: ["ocr"], skillLevel: 0.75 };
    const one = await store.created(wanted);
    const other = await store.created({ ...wanted, batchKey: "b", machine: { cores: 1 } });
    assert.deepEqual(await idsOf(store, {}), []);
    for (const level of [0, 0.5, 0.749]) {
      assert.deepEqual(await idsOf(store, { ...ocrAt(level), machine: large }), []);
    }
    const [kind] = await store.waitingKinds();
    assert.equal(kind?.skillLevel, 0.75);
    assert.deepEqual(await idsOf(store, ocrAt(0.75)), [one]);
    assert.deepEqual(await idsOf(store, { skills: ["ocr"], machine: small }), [other]);
  });

  promise(
    "a level without a skill is no demand, and any level is enough for none",
    async (store) => {
      const bare = await store.created({ skillLevel: 1 });
      assert.deepEqual(await idsOf(store, {}), [bare]);
      const easy = await store.created({ requiredSkills: ["ocr"], skillLevel: 0 });
      assert.deepEqual(await idsOf(store, ocrAt(0)), [easy]);
    },
  );

  promise("a change of the register of skills counts from the next claim on", async (store) => {
    const [first, second, third] = await store.createdMany(3, { requiredSkills: ["ocr"] });
    assert.deepEqual(await idsOf(store, { skills: ["ocr"], max: 1 }), [first]);
    await store.putSkill({ skill: "detect" });
    await store.putSkill({ skill: "ocr", dependsOn: ["detect"] });
    assert.deepEqual(await idsOf(store, { skills: ["ocr"] }), []);
    assert.deepEqual(await idsOf(store, { skills: ["ocr", "detect"], max: 1 }), [second]);
    await store.putSkill({ skill: "ocr" });
    assert.deepEqual(await idsOf(store, { skills: ["ocr"] }), [third]);
  });
}

const all = (perSecond: number, burst: number): ClaimRates => ({
  slow: { all: { perSecond, burst } },
});

function ratePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");
  const queues = ["slow", "free"];

  promise("a queue with a rate gives its burst and then at its pace, others all", async (store) => {
    const slow = await store.createdMany(4, { queue: "slow" });
    await store.pass(1);
    const free = await store.createdMany(2, { queue: "free" });
    const terms = { queues, rates: all(1, 2) };
    assert.deepEqual(await idsOf(store, terms), [...slow.slice(0, 2), ...free]);
    assert.deepEqual(await idsOf(store, terms), []);
    await store.pass(1_001);
    assert.deepEqual(await idsOf(store, terms), [slow[2]]);
    assert.deepEqual(await idsOf(store, { queues }), [slow[3]], "a claim without rates is free");
  });

  promise("a store that is opened again gives no second burst", async (store) => {
    await store.createdMany(4, { queue: "slow" });
    const terms = { queues, rates: all(0.001, 2) };
    assert.equal((await idsOf(store, terms)).length, 2);
    await store.reopen();
    assert.deepEqual(await idsOf(store, terms), []);
  });

  promise("a claim is told when it finds what its rates hold back", async (store) => {
    const request = { node: "worker-1", incarnation: 1, models: ["lama"], max: 5, queues };
    const paced = { ...request, rates: all(0.1, 1) };
    assert.equal(await store.claimDelay(paced), null, "nothing waits");
    await store.createdMany(2, { queue: "slow" });
    assert.equal((await store.claim(paced)).length, 1);
    const delayMs = (await store.claimDelay(paced)) ?? -1;
    assert.ok(delayMs > 9_000 && delayMs <= 10_000, `${delayMs}`);
    assert.equal(await store.claimDelay({ ...paced, models: ["other"] }), null);
  });

  promise("what is given back untouched is not counted", async (store) => {
    const [first] = await store.createdMany(2, { queue: "slow" });
    const terms = { queues, rates: all(0.001, 1) };
    const lease = await store.leased(terms);
    await store.release(lease, terms.rates);
    await store.release(lease, terms.rates);
    assert.deepEqual(await idsOf(store, terms), [first]);
    assert.deepEqual(await idsOf(store, terms), []);
    assert.deepEqual(await store.recall("worker-1", [], terms.rates), { released: 1, ended: [] });
    assert.deepEqual(await idsOf(store, terms), [first]);
  });

  promise("a task that ended on the way of a claim does not count", async (store) => {
    await store.created({ queue: "slow", deadlineMs: 10 });
    const next = await store.created({ queue: "slow" });
    await store.pass(20);
    assert.deepEqual(await idsOf(store, { queues, rates: all(0.001, 1) }), [next]);
  });
}

const each = (perSecond: number, burst: number): ClaimRates => ({
  default: { user: { perSecond, burst } },
});

function userRatePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  promise("each user has a rate of its own, and others go ahead meanwhile", async (store) => {
    const ann = await store.createdMany(3, { userId: "ann" });
    const bob = await store.createdMany(2, { userId: "bob" });
    const nobody = await store.createdMany(2);
    const rates = each(1, 1);
    assert.deepEqual(await idsOf(store, { rates }), [ann[0], bob[0], nobody[0]]);
    assert.deepEqual(await idsOf(store, { rates }), []);
    await store.pass(1_001);
    assert.deepEqual(await idsOf(store, { rates, max: 1 }), [ann[1]], "they keep their places");
    assert.deepEqual(await idsOf(store, { rates }), [bob[1], nobody[1]]);
    const { user } = rates["default"] ?? {};
    assert.ok(user);
    const request = { node: "w", incarnation: 1, models: ["lama"], max: 1, rates };
    const delayMs = (await store.claimDelay(request)) ?? -1;
    assert.ok(delayMs > 0 && delayMs <= 1_000);
  });

  promise("a queue's rate and its users' both hold", async (store) => {
    await store.createdMany(3, { userId: "ann" });
    const bob = await store.createdMany(3, { userId: "bob" });
    const rates = {
      default: { all: { perSecond: 0.001, burst: 3 }, ...each(0.001, 2).default },
    };
    const ids = await idsOf(store, { rates });
    assert.equal(ids.length, 3);
    assert.equal(ids.filter((taskId) => bob.includes(taskId)).length, 1);
  });

  promise("tasks without a user take of both rates, and of each once", async (store) => {
    const nobody = await store.createdMany(9);
    await store.createdMany(3, { userId: "ann" });
    const rates = {
      default: { all: { perSecond: 2, burst: 6 }, user: { perSecond: 1, burst: 4 } },
    };
    const countOf = async (): Promise<readonly number[]> => {
      const ids = await idsOf(store, { rates });
      return [ids.length, ids.filter((taskId) => nobody.includes(taskId)).length];
    };
    assert.deepEqual(await countOf(), [6, 4]);
    assert.deepEqual(await countOf(), [0, 0]);
    await store.pass(1_001);
    assert.deepEqual(await countOf(), [2, 1]);
  });
}

function batchPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");
  const key = (batchKey: string, more = {}) => ({ batchKey, ...more });

  promise("a worker that batches gets equals behind the head, and then the next", async (store) => {
    const a1 = await store.created(key("a"));
    const b1 = await store.created(key("b"));
    const a2 = await store.created(key("a"));
    const b2 = await store.created(key("b"));
    const a3 = await store.created(key("a"));
    const leases = await store.claimed({ max: 3, batchMax: 2 });
    assert.deepEqual(
      leases.map(({ taskId, batchKey }) => [taskId, batchKey]),
      [
        [a1, "a"],
        [a2, "a"],
        [b1, "b"],
      ],
    );
    assert.deepEqual(await idsOf(store, { max: 4 }), [b2, a3], "others take them in rank");
  });

  promise("tasks of other models, types or without a key are no equals", async (store) => {
    const head = await store.created(key("a"));
    const plain = await store.created();
    await store.created(key("a", { model: "mat" }));
    await store.created(key("a", { type: "outpaint" }));
    const models = ["lama", "mat"];
    assert.deepEqual(await idsOf(store, { models, max: 2, batchMax: 4 }), [head, plain]);
  });

  promise("a batch puts others back by one level of priority and no more", async (store) => {
    const head = await store.created(key("a"));
    await store.pass(20_000);
    const other = await store.created();
    await store.pass(10_001);
    const late = await store.created(key("a"));
    assert.deepEqual(await idsOf(store, { max: 2, batchMax: 2 }), [head, other]);
    assert.deepEqual(await idsOf(store, { max: 2, batchMax: 2 }), [late]);
  });
}

function recallPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "lease");

  promise("what a node was granted and not handed waits again, as untouched", async (store) => {
    const [kept, lost] = [await store.running(), await store.running()];
    assert.deepEqual(await store.recall("worker-1", [kept]), { released: 1, ended: [] });
    const view = await store.view(lost.taskId);
    assert.deepEqual([view?.status, view?.lostLeases, view?.retryCount], ["pending", 0, 0]);
    assert.deepEqual(await store.complete(lost), { kind: "lost" });
    assert.equal((await store.complete(kept)).kind, "committed");
    assert.deepEqual(await store.recall("worker-9"), { released: 0, ended: [] });
  });

  promise("what was to be cancelled has ended when it is recalled", async (store) => {
    const { taskId } = await store.running();
    await store.cancel(taskId);
    assert.deepEqual(await store.recall("worker-1"), { released: 0, ended: [taskId] });
    assert.equal(await store.status(taskId), "cancelled");
  });

  promise("a task may be recalled more often than it may lose leases", async (store) => {
    const taskId = await store.created();
    for (let count = 0; count < 6; count += 1) {
      await store.leased();
      assert.equal((await store.recall("worker-1")).released, 1);
    }
    assert.equal(await store.status(taskId), "pending");
    assert.deepEqual((await store.check()).problems, []);
  });
}
