// A worker that a node client spawns: a director with store, queue and registry in this process, real sockets.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { NodeAgent } from "#protocols/tasks/node.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { startSystem } from "#runtime/start-system.ts";
import { startMender } from "./mending-worker.ts";
import { untilBound } from "./until-bound.ts";

interface Gauge {
  bounds(): readonly string[];
}
const Gauge = protocol<Gauge>("test.Gauge@1", { bounds: ask });

class GaugeActor extends Actor<Gauge> implements Handlers<Gauge> {
  static readonly protocol = Gauge;

  bounds(): readonly string[] {
    return this.ctx
      .use(metricsService)
      .snapshot()
      .bounds.filter(({ bound }) => bound.startsWith("client_"))
      .map(({ bound, highest, max }) => `${bound} ${highest} of ${max}`);
  }
}

async function startDirector(context: TestContext, bind = "tcp://127.0.0.1:*") {
  const director = await startSystem({
    node: { name: "control", incarnation: nodeClock.wall() },
    ...{ bind, director: "control", peers: new Map(), protocols: [Worker, NodeAgent] },
    log: { write: () => {} },
  });
  await director.session.opened;
  const { system } = director;
  let isEnded = false;
  const end = async (): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    await system.shutdown();
  };
  context.after(end);
  await system.started(system.spawn(StoreActor, { kind: "memory" }, { name: "store" }));
  system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  system.spawn(NodeRegistryActor, { heartbeatMs: 1_000 }, { name: "registry" });
  return { address: director.address, end };
}

test("a worker of a node client runs tasks of the cluster, in each life of the node", async (context) => {
  const former = await startDirector(context);
  const mender = await startMender(former.address);
  context.after(() => mender.stop());
  const mended = async (what: string) => {
    const order = { type: "mend", model: "mender", parameters: { what }, inputs: [] };
    for (;;) {
      try {
        const { taskId } = await mender.cluster.submit(order);
        const outcome = await mender.cluster.outcome(taskId, { withinMs: 30_000 });
        assert.ok(outcome.status === "completed");
        return outcome.result.figures;
      } catch (cause) {
        // In between two lives nobody can be asked.
        if (!Failure.of(cause).isRetryable) throw cause;
      }
    }
  };
  const first = await mended("sock");
  assert.deepEqual([first.mended, first.name], ["sock", "mender"]);
  await former.end();
  await untilBound(() => startDirector(context, former.address));
  const second = await mended("shirt");
  assert.equal(second.mended, "shirt");
  assert.ok(Number(second.incarnation) > Number(first.incarnation));
});

test("followers and handlers of a node client are bounds of its metrics", async (context) => {
  const { address } = await startDirector(context);
  const mender = await startMender(address);
  context.after(() => mender.stop());
  const following = await mender.cluster.follow("system");
  const shown = await mender.cluster.system.spawn(GaugeActor).bounds();
  assert.deepEqual(shown, ["client_followers 1 of 256", "client_handlers 0 of 64"]);
  following.close();
});
