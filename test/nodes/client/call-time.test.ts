// How long calls take in all, and what the status says of those that cannot be asked: with real desks on
// a clock that moves only as far as whoever is asked takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskCancelling } from "#nodes/client/cancelling.ts";
import { ClusterDesks, type DeskPorts } from "#nodes/client/cluster-desks.ts";
import { SystemSurvey } from "#nodes/client/system-survey.ts";
import { TaskUpdating } from "#nodes/client/task-updating.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, protocol } from "#protocols/protocol.ts";
import { type ControlChannel, controlChannelName } from "#protocols/tasks/control.ts";
import { Actor } from "#runtime/core/actor.ts";
import { slowCluster } from "./slow-cluster.ts";

const errand = { type: "errand", model: "m", parameters: {}, inputs: [] };
const scopes = ["control" as const];
const here = { node: "here", pause: () => Promise.resolve() };

test("an update that is refused again and again ends within the time of its call", async (context) => {
  const { clock, desks, queue, slowed, store } = await slowCluster(context);
  const { taskId } = await queue.submit(errand);
  // Each look at the task takes long, and somebody else has changed it by then.
  slowed.after = async (name) => {
    if (name !== "queue") return;
    clock.ms += 1_500;
    const version = (await queue.view(taskId))?.version ?? 0;
    await store.amendTask({ taskId, version, changes: { name: `of ${clock.ms}` } });
  };
  const cancelling = new TaskCancelling(desks, { caller: { by: "test", scopes } });
  const updating = new TaskUpdating(desks, cancelling, here);
  const failure = await updating
    .update(taskId, { name: "mine" })
    .then(() => assert.fail("it was changed"), Failure.of);
  assert.equal(failure.code, "timeout");
  assert.match(failure.detail, /the 5000 ms of this call were over before the/);
  assert.ok(clock.ms <= 6_500, `it took ${clock.ms} ms`);
});

test("an update that stands is answered, also when the task cannot be looked at any more", async (context) => {
  const { clock, desks, queue, slowed } = await slowCluster(context);
  const { taskId } = await queue.submit(errand);
  slowed.after = async (name) => {
    if (name === "store") clock.ms += 6_000;
  };
  const cancelling = new TaskCancelling(desks, { caller: { by: "test", scopes } });
  const updating = new TaskUpdating(desks, cancelling, here);
  const report = await updating.update(taskId, { name: "mine" });
  assert.deepEqual(report, { outcome: "changed", task: null });
  assert.equal((await queue.view(taskId))?.name, "mine");
});

const Finding = protocol<Pick<ControlChannel, "find">>("control.Channel@1", { find: ask });

const away = (failure: Failure): DeskPorts => ({
  lookup: async () => {
    throw failure;
  },
  ...{ now: () => 0, whileHere: (work) => work },
});

const surveyBy = (ports: DeskPorts): SystemSurvey =>
  new SystemSurvey(
    new ClusterDesks(ports, 5_000),
    { now: () => 0, wall: () => 0, members: () => null },
    5_000,
  );

test("while the directory is away nobody says that there is no StateManager", async () => {
  for (const code of ["unavailable", "node_down", "timeout"] as const) {
    const { state, isWhole } = await surveyBy(
      away(new Failure(code, "the director is gone")),
    ).look();
    assert.equal(state.kind, "unknown", code);
    assert.equal(isWhole, false);
  }
  const none = await surveyBy(away(new Failure("not_found", "nobody is called so"))).look();
  assert.ok(none.state.kind === "known" && none.state.value === null);
});

test("a StateManager that was there and is away makes the status unknown, with what it was", async (context) => {
  const { openState, stateActor, survey, system } = await slowCluster(context);
  const before = await survey.look();
  assert.ok(before.state.kind === "known" && before.state.value !== null);
  await system.stopActor(stateActor);
  const between = await survey.look();
  assert.ok(between.state.kind === "unknown" && between.state.last !== null);
  assert.match(between.state.detail, /was there, and is away just now/);
  assert.equal(between.isWhole, false);
  await openState();
  assert.equal((await survey.look()).state.kind, "known");
});

/** Registered as the control channel, which says nothing any more. */
class DeafChannel extends Actor<Pick<ControlChannel, "find">> {
  static readonly protocol = Finding;
  override async start(): Promise<void> {
    await this.ctx.register(controlChannelName);
  }
  find(_commandId: string) {
    return this.ctx.defer(new Promise<never>(() => {}));
  }
}

test("a control channel that is registered and does not answer is not known", async (context) => {
  const { survey, system } = await slowCluster(context);
  await system.started(system.spawn(DeafChannel));
  const { control } = await survey.look();
  assert.ok(control.kind === "unknown" && control.last === null);
  assert.equal(control.code, "timeout");
});
