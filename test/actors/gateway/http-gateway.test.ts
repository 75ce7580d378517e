import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { type Gateway, gatewayConfigPlace } from "#protocols/tasks/gateway.ts";
import { Queue, type QueueStatistics, type SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskOutcome, TaskSubmission } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { Observation } from "#runtime/observation/observation.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

/** What a test and its queue actor share; it outlives the actor, as the store does. */
class Bench {
  readonly submissions: TaskSubmission[] = [];
  readonly cancelled: string[] = [];
  #submitted: () => void = () => {};
  readonly submitted = new Promise<void>((resolve) => {
    this.#submitted = resolve;
  });
  #finish: () => void = () => {};
  readonly finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });
  #cancel: () => void = () => {};
  readonly cancelHeard = new Promise<void>((resolve) => {
    this.#cancel = resolve;
  });

  submit(submission: TaskSubmission): void {
    this.submissions.push(submission);
    this.#submitted();
  }
  finish(): void {
    this.#finish();
  }
  cancel(reason: string): void {
    this.cancelled.push(reason);
    this.#cancel();
  }
}

const notUsed = (): never => {
  throw new Error("not used by the gateway");
};

class BenchQueue extends Actor<Queue, { bench: Bench }> implements Handlers<Queue> {
  static readonly protocol = Queue;
  static initial = (args: { bench: Bench }) => args;

  override async start(): Promise<void> {
    await this.ctx.register("queue");
  }
  submit(submission: TaskSubmission): SubmitReceipt {
    this.state.bench.submit(submission);
    return { taskId: "t1", isReplay: false, ack: "durable" };
  }
  outcome(taskId: string): Deferred<TaskOutcome> {
    const bytes = new TextEncoder().encode("repaired");
    return this.ctx.defer(
      this.state.bench.finished.then(() => ({
        status: "completed",
        taskId,
        node: "worker-1",
        attempt: 1,
        queueMs: 1,
        runMs: 2,
        result: { figures: {}, files: [{ name: "image", contentType: "image/png", bytes }] },
      })),
    );
  }
  cancel({ reason }: { readonly reason: string }) {
    this.state.bench.cancel(reason);
    return { kind: "cancelled" } as const;
  }
  statistics(): QueueStatistics {
    const workers = [
      {
        node: "worker-1",
        slots: 1,
        running: 0,
        overdue: 0,
        reportsRefused: 0,
        models: ["diffuse"],
      },
    ];
    const waiting = { scheduled: 0, pending: 0, running: 0, waiting_confirmation: 0 };
    const ended = { completed: 0, failed: 0, cancelled: 0, timed_out: 0, evicted: 0 };
    const store = {
      ...waiting,
      ...ended,
      pendingBytes: 0,
      storeTrouble: null,
      storeAck: "durable" as const,
    };
    return {
      ...store,
      workers,
      completedPerSecond: 0,
      waiters: 0,
      blocked: 0,
      unrunnable: [],
      queues: [],
    };
  }
  refusal = (): null => null;
  view = notUsed;
  list = notUsed;
  workers = notUsed;
  checkConfig = notUsed;
  reconfigure = notUsed;
  setNodeHold = notUsed;
  offer = notUsed;
  heartbeat = notUsed;
  complete = notUsed;
  fail = notUsed;
  changed = notUsed;
}

let page: string;
let system: ActorSystem;
let bench: Bench;
let gateway: Ref<Gateway>;
let url: string;

before(async () => {
  page = await mkdtemp(join(tmpdir(), "troupe-gateway-"));
  await writeFile(join(page, "index.html"), "<title>t</title>");
});
after(() => rm(page, { recursive: true, force: true }));
beforeEach(async () => {
  bench = new Bench();
  system = await startLocalSystem({ log: { write: () => {} } });
  const args = { cluster: "c", host: "127.0.0.1", port: 0, model: "diffuse", page, sample: null };
  gateway = system.spawn(HttpGateway, args, { name: "gateway" });
  url = (await gateway.address()).url;
});
afterEach(() => system.stop());

const spawnQueue = (): Ref<Queue> => system.spawn(BenchQueue, { bench });

/** Asks until the status is as told; every round is a real request, so nothing spins. */
async function until(path: string, status: number): Promise<Response> {
  for (;;) {
    const response = await fetch(url + path);
    if (response.status === status) return response;
    await response.arrayBuffer();
  }
}

function repair(signal?: AbortSignal): Promise<Response> {
  const form = new FormData();
  form.set("image", new Blob(["i"]), "i.png");
  form.set("mask", new Blob(["m"]), "m.png");
  return fetch(`${url}/inpaint`, { method: "POST", body: form, ...(signal ? { signal } : {}) });
}

describe("HttpGateway", { timeout: 30_000 }, () => {
  test("goes by the active configuration from its start on, unless it was told otherwise since", async () => {
    const stored = system.spawn(StoreActor, { kind: "memory" });
    await system.started(stored);
    const store = system.refTo(Store, { node: system.node.name, path: stored.$.address.path });
    const document = JSON.stringify({ model: "lama" });
    const { version } = await store.draftConfig({ ...gatewayConfigPlace, document });
    await store.activateConfig({ version, expected: null });
    const args = { cluster: "c", host: "127.0.0.1", port: 0, model: "diffuse", page, sample: null };
    const modelOf = async (ref: Ref<Gateway>, wanted: string): Promise<void> => {
      while ((await ref.model()).model !== wanted) await fetch(`${url}/readyz`);
    };
    const models = ["diffuse", "lama"];
    const next = system.spawn(HttpGateway, { ...args, models }, { name: "next" });
    await modelOf(next, "lama");
    await next.useModel("diffuse");
    assert.equal((await next.model()).model, "diffuse");
    const told = system.spawn(HttpGateway, args, { name: "told" });
    await told.useModel("other");
    const narrow = system.spawn(HttpGateway, { ...args, models: ["diffuse"] }, { name: "narrow" });
    const last = system.spawn(HttpGateway, args, { name: "last" });
    await modelOf(last, "lama");
    assert.equal((await told.model()).model, "other");
    assert.equal((await narrow.model()).model, "diffuse");
  });

  test("there is a page of metrics where it is wanted, and none otherwise", async () => {
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    const observation = new Observation({ clock: nodeClock });
    observation.attach(system);
    system.provide(metricsService, observation.metrics);
    const args = { cluster: "c", host: "127.0.0.1", port: 0, model: "m", page, sample: null };
    const metered = system.spawn(HttpGateway, { ...args, metrics: "served" }, { name: "metered" });
    const { url: there } = await metered.address();
    const answer = await fetch(`${there}/metrics`);
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.match(await answer.text(), /^# HELP troupe_[\s\S]*troupe_actors\{/);
    assert.equal((await fetch(`${there}/metrics`, { method: "POST" })).status, 405);
  });

  test("answers before the queue is there, says what is missing, and is ready once it is", async () => {
    const early = await fetch(`${url}/readyz`);
    assert.equal(early.status, 503);
    assert.match(await early.text(), /queue does not answer/);
    const refused = await repair();
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.has("retry-after"));
    spawnQueue();
    await until("/readyz", 200);
    bench.finish();
    const response = await repair();
    assert.equal(await response.text(), "repaired");
    assert.equal(response.headers.get("x-troupe-node"), "worker-1");
    assert.equal(bench.submissions[0]?.model, "diffuse");
    assert.deepEqual(
      bench.submissions[0]?.inputs.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
      [
        ["image", "i"],
        ["mask", "m"],
      ],
    );
  });

  test("a repair under way survives the queue's end and is answered by the next one", async () => {
    const first = spawnQueue();
    await until("/readyz", 200);
    const asked = repair();
    await bench.submitted;
    await system.stopActor(first);
    spawnQueue();
    bench.finish();
    assert.equal(await (await asked).text(), "repaired");
    assert.equal(bench.submissions.length, 1);
  });

  test("a client that goes away has its task cancelled", async () => {
    spawnQueue();
    await until("/readyz", 200);
    const client = new AbortController();
    const asked = repair(client.signal);
    await bench.submitted;
    client.abort();
    await assert.rejects(asked);
    await bench.cancelHeard;
    assert.deepEqual(bench.cancelled, ["client_gone"]);
  });

  test("draining refuses new repairs, lets those in flight end, and then answers", async () => {
    spawnQueue();
    await until("/readyz", 200);
    const asked = repair();
    await bench.submitted;
    const drained = gateway.$.with({ within: 10_000 }).drain();
    await until("/readyz", 503);
    assert.equal((await repair()).status, 503);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    bench.finish();
    assert.equal((await asked).status, 200);
    assert.deepEqual(await drained, { inFlight: 0 });
  });

  test("a drain that nears its deadline answers how many are still in flight", async () => {
    spawnQueue();
    await until("/readyz", 200);
    const client = new AbortController();
    const asked = repair(client.signal);
    await bench.submitted;
    assert.deepEqual(await gateway.$.with({ within: 700 }).drain(), { inFlight: 1 });
    client.abort();
    await assert.rejects(asked);
  });

  test("switching the model moves later repairs to it", async () => {
    spawnQueue();
    await until("/readyz", 200);
    assert.equal(await gateway.useModel("cv2"), "ok");
    assert.equal(await (await fetch(`${url}/model`)).text(), "cv2");
    const ready = await until("/readyz", 503);
    assert.match(await ready.text(), /No worker offers the model cv2; offered are: diffuse/);
  });

  test("stopping the system frees the port", async () => {
    const before = url;
    await system.stop();
    await assert.rejects(fetch(before));
  });
});
