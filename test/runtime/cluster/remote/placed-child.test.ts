// A child on another node: it ends with its parent, is supervised by it, and keeps its ref.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { placedOn } from "#runtime/cluster/remote/stand-in.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";
import { ClusterStage } from "../directory/cluster-stage.ts";
import { placedOnNode } from "./placed-on-node.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

interface Boss {
  hire(on: Placement): AnyRef;
  dismiss(): void;
  ends(): readonly string[];
  fail(): void;
}
const Boss = protocol<Boss>("test.RemoteBoss@1", {
  hire: ask({ within: 20_000 }),
  dismiss: tell,
  ends: ask,
  fail: tell,
});

interface BossState {
  readonly kind?: "permanent" | "transient" | "temporary";
}

class BossActor extends Actor<Boss, BossState> implements Handlers<Boss> {
  static readonly protocol = Boss;
  static initial = (args: BossState): BossState => args;
  readonly #ends: string[] = [];
  #worker: Ref<Worker> | undefined;

  async hire(on: Placement): Promise<AnyRef> {
    const { kind } = this.state;
    const options = kind === undefined ? {} : { restart: kind };
    try {
      this.#worker = await this.ctx.spawnOn(on, WorkerActor, { from: 10 }, options);
    } catch (error) {
      throw reply(Failure.of(error));
    }
    this.ctx.watch(this.#worker);
    return this.#worker;
  }

  dismiss(): void {
    if (this.#worker) this.ctx.stop(this.#worker);
  }

  ends(): readonly string[] {
    return this.#ends;
  }

  fail(): void {
    throw new Error("the boss was told to fail");
  }

  override terminated(_: AnyRef, exit: Exit): void {
    this.#ends.push(exit.kind);
  }
}

async function office(kind?: BossState["kind"]) {
  const stage = new ClusterStage([Worker, Boss]);
  const { time } = stage;
  const a = await stage.start("a");
  const actors = [WorkerActor];
  const b = await stage.start("b", { actors, roles: ["worker"] });
  const c = await stage.start("c", { actors, roles: ["worker"] });
  const boss = a.system.spawn(BossActor, kind === undefined ? {} : { kind }, { name: "boss" });
  const hire = async (on: Placement): Promise<Ref<Worker>> =>
    a.system.refFrom(Worker, await time.until(boss.hire(on), 30_000));
  return { stage, time, a, b, c, boss, hire };
}

test("a child elsewhere is crashed and begun anew there; its ref and its mailbox stay", async () => {
  const { boss, hire, stage, time } = await office();
  const worker = await hire("b");
  assert.equal(worker.$.address.node.name, "a", "the ref is that of the child here");
  assert.equal(await time.until(worker.where()), "b");
  assert.equal(await time.until(worker.add(1)), 11);
  worker.fail();
  assert.equal(await time.until(worker.add(1)), 11, "fresh state");
  assert.deepEqual(await time.until(boss.ends()), []);
  await stage.end();
});

test("when its node goes down it is restarted on another one that fits, and messages wait", async () => {
  const { a, b, boss, hire, stage, time } = await office();
  const worker = await hire({ role: "worker" });
  const first = await time.until(worker.where());
  stage.takeDown(first);
  await time.settle();
  const waiting = worker.where();
  assert.equal(await time.until(waiting, 20_000), first === "b" ? "c" : "b");
  assert.deepEqual(await time.until(boss.ends()), [], "its parent's child never ended");
  assert.ok(a && b);
  await stage.end();
});

test("one on a named node that went down is placed anew when that node is back", async () => {
  const { boss, hire, stage, time } = await office();
  const worker = await hire("b");
  await time.until(worker.add(1));
  stage.takeDown("b");
  await time.advance(30_000);
  const late = worker.$.with({ within: 30_000 }).add(1);
  await stage.start("b", { incarnation: 2, actors: [WorkerActor] });
  assert.equal(await time.until(late, 30_000), 11, "it waited in the child's mailbox");
  assert.deepEqual(await time.until(boss.ends()), []);
  await stage.end();
});

test("it ends with its parent, when its parent restarts, and when it is dismissed", async () => {
  const { a, b, boss, hire, stage, time } = await office();
  await hire("b");
  assert.equal(placedOnNode(b.system).length, 1);
  boss.fail();
  await time.settle();
  assert.equal(placedOnNode(b.system).length, 0);
  await hire("b");
  boss.dismiss();
  await time.settle();
  assert.deepEqual(await time.until(boss.ends()), ["stopped", "stopped"], "each told once");
  assert.equal(placedOnNode(b.system).length, 0);
  await hire("b");
  await time.until(a.system.stopActor(boss));
  assert.equal(placedOnNode(b.system).length, 0);
  await stage.end();
});

test("it ends with its parent's node", async () => {
  const { b, hire, stage, time } = await office();
  await hire("b");
  stage.takeDown("a");
  await time.settle();
  assert.equal(placedOnNode(b.system).length, 0);
  await stage.end();
});

test("who leaves by itself is not begun anew, unless it is permanent", async () => {
  for (const kind of ["transient", "permanent"] as const) {
    const { boss, hire, stage, time } = await office(kind);
    const worker = await hire("b");
    await time.until(worker.add(5));
    worker.leave();
    await time.settle();
    if (kind === "permanent") {
      assert.equal(await time.until(worker.add(1)), 11);
      assert.deepEqual(await time.until(boss.ends()), []);
    } else {
      assert.deepEqual(await time.until(boss.ends()), ["stopped"]);
    }
    await stage.end();
  }
});

test("a first failure is its spawner's, and leaves no child behind", async () => {
  const { a, boss, hire, stage, time } = await office();
  await assert.rejects(hire("nowhere"), { code: "not_found" });
  await assert.rejects(hire({ role: "painter" }), { code: "unavailable" });
  await time.settle();
  const children = a.system.inspect().children.find(({ path }) => path === "/boss")?.children;
  assert.deepEqual(children, []);
  assert.deepEqual(await time.until(boss.ends()), []);
  await stage.end();
});

test("a parent that decides by a function decides about crashes elsewhere, too", async () => {
  const stage = new ClusterStage([Worker]);
  const { time } = stage;
  const a = await stage.start("a");
  await stage.start("b", { actors: [WorkerActor] });
  const decided: string[] = [];
  const supervise: SupervisionSpec = {
    ...supervisionDefault,
    decide: ({ detail }) => {
      decided.push(detail);
      return decided.length === 1 ? "resume" : "stop";
    },
  };
  class ParentActor extends Actor<Boss> {
    static readonly protocol = Boss;
    #worker: Ref<Worker> | undefined;
    override start(): void {
      this.#worker = this.ctx.spawn(placedOn("b", WorkerActor), { from: 1 });
    }
    hire(): AnyRef {
      if (this.#worker) return this.#worker;
      throw reply(new Failure("not_found", "no worker"));
    }
    dismiss(): void {}
    ends(): readonly string[] {
      return [];
    }
    fail(): void {}
  }
  const parent = a.system.spawn(ParentActor, { supervise });
  const worker = a.system.refFrom(Worker, await time.until(parent.hire("b")));
  await time.until(worker.add(1));
  worker.fail();
  await time.settle();
  assert.match(decided[0] ?? "", /told to fail/);
  assert.equal(await time.until(worker.add(1)), 2, "resumed without an actor, it was placed anew");
  worker.fail();
  await time.settle();
  assert.equal(decided.length, 2);
  await assert.rejects(time.until(worker.add(1)), { code: "actor_stopped" });
  await stage.end();
});
