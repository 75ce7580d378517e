// Refs that go from hand to hand, and through a store: whoever has one speaks to the actor itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { anyRef, refOf } from "#protocols/schema.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { DurableActor } from "#runtime/persistence/durable-actor.ts";
import { storedIn } from "#runtime/persistence/storage.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { ClusterStage } from "../directory/cluster-stage.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

interface Friend {
  /** Hands the worker on to the rest of the way, and keeps it at the end of it. */
  meet(worker: Ref<Worker>, way: readonly Ref<Friend>[]): Ack;
  ask(): string;
  lend(): AnyRef;
}
const Friend = protocol<Friend>("test.Friend@1", { meet: ask, ask, lend: ask }).checked({
  meet: [refOf(Worker), Type.Array(anyRef)],
});

class FriendActor extends Actor<Friend> implements Handlers<Friend> {
  static readonly protocol = Friend;
  #worker: Ref<Worker> | undefined;
  async meet(worker: Ref<Worker>, [next, ...rest]: readonly Ref<Friend>[]): Promise<Ack> {
    if (next) return next.meet(worker, rest);
    this.#worker = worker;
    return ack;
  }
  async ask(): Promise<string> {
    try {
      return this.#worker ? await this.#worker.where() : "nobody";
    } catch (error) {
      throw reply(Failure.of(error));
    }
  }
  lend(): AnyRef {
    return this.#worker ?? this.ctx.self;
  }
}

async function party() {
  const stage = new ClusterStage([Worker, Friend]);
  const nodes = [];
  for (const name of ["d", "a", "b", "c", "e"]) {
    nodes.push(await stage.start(name, { actors: [WorkerActor, FriendActor] }));
  }
  const [d, a, b, c, e] = nodes;
  assert.ok(d && a && b && c && e);
  return { stage, time: stage.time, d, a, b, c, e };
}

test("a ref handed on over three nodes reaches the actor directly, also when the givers have died", async () => {
  const { a, b, c, d, e, stage, time } = await party();
  const worker = await time.until(a.system.spawnOn("b", WorkerActor, { from: 1 }));
  const onD = d.system.spawn(FriendActor);
  const onC = c.system.spawn(FriendActor);
  const onE = e.system.spawn(FriendActor);
  const first = a.system.revive(onD.$.address, Friend.id);
  await time.until(a.system.refFrom(Friend, first).meet(worker, [onC, onE]));
  const asks = (): number => stage.sent("e", "b", "where");
  assert.equal(await time.until(onE.ask()), "b");
  assert.equal(asks(), 1, "straight from the last one to the worker's node");
  stage.takeDown("a");
  stage.takeDown("c");
  await time.settle();
  assert.equal(await time.until(onE.ask()), "b");
  const back = b.system.refFrom(Worker, await time.until(b.system.refFrom(Friend, onE).lend()));
  assert.equal(await time.until(back.where()), "b", "at home it is the actor itself");
  await stage.end();
});

test("when the actor has ended, or its node has started anew, the code says which", async () => {
  const { a, c, d, stage, time } = await party();
  const spawn = (): Promise<Ref<Worker>> =>
    time.until(a.system.spawnOn("b", WorkerActor, { from: 1 }));
  const [first, second] = [await spawn(), await spawn()];
  const onC = c.system.spawn(FriendActor);
  const friend = a.system.refFrom(Friend, a.system.revive(onC.$.address, Friend.id));
  await time.until(friend.meet(first, []));
  await time.until(a.system.stopActor(first));
  await assert.rejects(time.until(onC.ask()), { code: "actor_stopped" });
  await time.until(friend.meet(second, []));
  assert.equal(await time.until(onC.ask()), "b");
  stage.takeDown("b");
  await stage.start("b", { incarnation: 2, actors: [WorkerActor] });
  await assert.rejects(time.until(onC.ask()), { code: "node_down" });
  const revived = d.system.refFrom(Worker, d.system.revive(second.$.address, Worker.id));
  await assert.rejects(time.until(revived.where()), { code: "node_down" });
  const stranger = await time.until(a.system.spawnOn("b", WorkerActor, { from: 9 }));
  assert.equal(await time.until(stranger.add(0)), 9, "its new life is reached by new refs");
  await stage.end();
});

interface Ledger {
  keep(worker: Ref<Worker>): Ack;
  ask(): number;
  fail(): Ack;
}
const Ledger = protocol<Ledger>("test.RefLedger@1", { keep: ask, ask, fail: ask });

class LedgerActor
  extends DurableActor<Ledger, { worker: Address | null }>
  implements Handlers<Ledger>
{
  static readonly protocol = Ledger;
  static readonly persistence = { id: "ref-ledger" };
  static initial = (): { worker: Address | null } => ({ worker: null });
  async keep(worker: Ref<Worker>): Promise<Ack> {
    const { node, path, uid } = worker.$.address;
    this.state.worker = { node: { ...node }, path, uid };
    await this.save();
    return ack;
  }
  async ask(): Promise<number> {
    const { worker } = this.state;
    return worker ? this.ctx.refAt(Worker, worker).add(1) : -1;
  }
  fail(): Ack {
    throw new Error("the ledger was told to fail");
  }
}

test("an address kept in a store is the same actor for the next instance, and on another node", async () => {
  const { a, c, stage, time } = await party();
  const persistence = new MemoryPersistence();
  const worker = await time.until(a.system.spawnOn("b", WorkerActor, { from: 1 }));
  const ledger = a.system.spawn(storedIn(persistence, LedgerActor));
  await time.until(ledger.keep(worker));
  assert.equal(await time.until(ledger.ask()), 2);
  await assert.rejects(time.until(ledger.fail()), { code: "actor_crashed" });
  assert.equal(await time.until(ledger.ask()), 3);
  await time.until(a.system.stopActor(ledger));
  const elsewhere = c.system.spawn(storedIn(persistence, LedgerActor));
  assert.equal(await time.until(elsewhere.ask()), 4);
  await stage.end();
});
