// Each bound of limits.ts has a metric by its name, or belongs to a part of the house that tells of it
// in its own way: names and topics of the cluster, the wire and links, HTTP and images, the queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { Observation } from "#runtime/observation/observation.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

/** How the names of those begin. */
const elsewhere = [
  /^(nodes?|names|strangers|topic)[A-Z]/,
  /^(frame|batch|payloads?|message|decode|link)[A-Z]/,
  /^(http|form|page|image)[A-Z]/,
  /^(queue|worker|store)[A-Z]/,
];

test("every bound of the engine and its threads has a metric by its name", async () => {
  const observation = new Observation({ clock: nodeClock });
  const system = await startLocalSystem({
    log: { write: () => {} },
    observer: observation.observer,
  });
  observation.attach(system);
  const page = observation.metrics.toPrometheus();
  const kept = Object.keys(limits).filter((name) => !elsewhere.some((those) => those.test(name)));
  assert.ok(kept.includes("mailboxMessagesMax") && kept.includes("threadWindowDefault"));
  for (const name of kept) {
    for (const family of ["troupe_bound_max", "troupe_bound_reached_total"]) {
      assert.match(page, new RegExp(`^${family}{bound="${name}"} [0-9]+$`, "m"), name);
    }
  }
  assert.deepEqual(
    system.bounds.map(({ bound }) => bound).toSorted(),
    kept.toSorted(),
    "what is shown is a bound, once",
  );
  assert.match(page, /^troupe_bound_highest{bound="listenersMax"} [1-9]/m);
  assert.match(page, /^troupe_messages_dead_total{cause="drop-oldest"} 0$/m);
  await system.stop();
});
