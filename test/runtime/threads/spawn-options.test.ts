// What a class and a spawn say of an actor holds in a thread as it does without one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inThread } from "#runtime/index.ts";
import { stage, until } from "./stage.ts";
import { WorkerActor } from "./threaded-actors.ts";
import { LingeringActor, MotherActor, PromptActor, RankedActor } from "./threaded-terms.ts";

const livingThreads = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;

test("no thread outlives its actor, however little time the spawn gives it to end", async (t) => {
  const { system } = await stage(t);
  const lingering = system.spawn(inThread(LingeringActor), { stopTimeoutMs: 20 });
  await lingering.generation();
  assert.equal(livingThreads(), 1);
  const beginMs = performance.now();
  await system.stopActor(lingering);
  assert.ok(performance.now() - beginMs < 2_500);
  await until(() => livingThreads() === 0);
});

test("the time for a start is that of the actor's own, not of its thread's", async (t) => {
  const { system, log } = await stage(t);
  const prompt = system.spawn(inThread(PromptActor));
  assert.equal(await prompt.generation(), 1);
  assert.deepEqual(
    log.filter(({ level }) => level === "error"),
    [],
  );
});

test("a class that ranks what it sends itself can be threaded, and a rank of nothing is refused", async (t) => {
  const { system } = await stage(t);
  const ranked = system.spawn(inThread(RankedActor));
  assert.deepEqual(await ranked.order(), ["own", "asked"]);
  const mailbox = { capacity: 1, whenFull: "reject", priorities: { nothing: 0 } } as const;
  assert.throws(() => system.spawn(inThread(WorkerActor), { from: 1 }, { mailbox }), {
    code: "invalid",
  });
});

test("how children are supervised may be said at spawn, and a function is refused in words", async (t) => {
  const { system, log } = await stage(t);
  const supervise = {
    strategy: "one-for-one",
    restartsMax: 5,
    withinMs: 10_000,
    backoff: { delayMsMin: 1, delayMsMax: 1, factor: 1, jitter: 0 },
  } as const;
  const stopped = { supervise: { ...supervise, decide: { invalid: "stop" } } } as const;
  const mother = system.spawn(inThread(MotherActor), stopped);
  assert.equal(await mother.childAfterFailure(), "ended");
  const kept = system.spawn(inThread(MotherActor), { supervise });
  assert.equal(await kept.childAfterFailure(), "begun anew");

  const options = {
    supervise: { ...supervise, decide: () => undefined },
    restart: "temporary",
  } as const;
  const refused = system.spawn(inThread(MotherActor), options);
  await assert.rejects(system.started(refused), { code: "actor_stopped" });
  assert.ok(log.some(({ message }) => /"decide" that is a function.*its class/.test(message)));
});

test("a thread's bounds are seen: what is handed over and waits, and that more had to", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(inThread(WorkerActor, { window: 2 }), { from: 0 });
  await worker.total();
  const window = () => system.bounds.find(({ bound }) => bound === "threadWindowDefault");
  assert.equal(window()?.reached, 0);
  void worker.spin(200);
  for (let number = 0; number < 10; number += 1) worker.count(1);
  await until(() => window()?.highest === 2);
  assert.equal(await worker.total(), 10);
  assert.ok((window()?.reached ?? 0) > 0);
  assert.equal(window()?.highest, 0);
});
