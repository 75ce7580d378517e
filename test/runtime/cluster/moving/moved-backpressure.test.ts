// Mailboxes whose senders wait, of actors that move: nothing is lost, whoever sends, from wherever.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { MovableNodes } from "./movable-nodes.ts";

interface Narrow {
  heard(from: string, number: number): void;
  all(): Readonly<Record<string, readonly number[]>>;
}
const Narrow = protocol<Narrow>("test.Narrow@1", { heard: tell, all: ask });

type Rows = Record<string, number[]>;

/** Takes its time, and has room for few. */
class NarrowActor extends Actor<Narrow, { readonly rows: Rows }> implements Handlers<Narrow> {
  static readonly protocol = Narrow;
  static readonly mailbox = { capacity: 8, whenFull: "backpressure" } as const;
  static initial = (): { readonly rows: Rows } => ({ rows: {} });

  async heard(from: string, number: number): Promise<void> {
    const row = this.state.rows[from] ?? [];
    this.state.rows[from] = row;
    row.push(number);
    if (number % 4 === 0) await this.ctx.sleep(1);
  }
  all(): Readonly<Record<string, readonly number[]>> {
    return this.state.rows;
  }
}

interface Burster {
  go(to: Ref<Narrow>, bursts: number, size: number): void;
  times(): readonly number[];
}
const Burster = protocol<Burster>("test.Burster@1", { go: tell, times: ask });

interface Sent {
  readonly name: string;
  next: number;
  readonly times: number[];
}

/** Sends in bursts, one after the other, a millisecond between them if it may. */
class BursterActor extends Actor<Burster, Sent> implements Handlers<Burster> {
  static readonly protocol = Burster;
  static initial = ({ name }: { readonly name: string }): Sent => ({ name, next: 0, times: [] });

  go(to: Ref<Narrow>, bursts: number, size: number): void {
    this.state.times.push(this.ctx.now());
    for (let sent = 0; sent < size; sent += 1) to.heard(this.state.name, this.state.next++);
    if (bursts > 1) this.ctx.after(1, "go", to, bursts - 1, size);
  }
  times(): readonly number[] {
    return this.state.times;
  }
}

const classes = [NarrowActor, BursterActor];
const names = ["a", "b", "c"] as const;

const rising = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

function refAt(nodes: MovableNodes, name: string, ref: AnyRef): Ref<Narrow> {
  const { system } = nodes.of(name);
  return system.refFrom(Narrow, system.revive(ref.$.address, ref.$.protocolId));
}

const deadAt = (nodes: MovableNodes): number =>
  names.flatMap((name) => [...nodes.of(name).system.deadLetters.counts.values()]).length;

test("senders of a moved actor pause while its mailbox is full, and nothing is lost", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(NarrowActor, { name: "narrow" });
  for (const name of names) {
    const { system } = nodes.of(name);
    const sender = system.spawn(BursterActor, { name }, { name: `burster-${name}` });
    sender.go(refAt(nodes, name, ref), 100, 6);
  }
  for (const to of ["c", "a", "b", "c", "b", "a"]) {
    await nodes.run(25);
    await nodes.time.until(nodes.of("a").system.move(refAt(nodes, "a", ref), { to }));
  }
  await nodes.run(3_000);
  const all = await nodes.time.until(ref.all());
  for (const name of names) assert.deepEqual(all[name], rising(600), name);
  assert.equal(deadAt(nodes), 0);
});

test("a moved actor without room lets senders of other nodes go on in its own time", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(NarrowActor, { name: "narrow" });
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  for (const name of names) {
    const { system } = nodes.of(name);
    const sender = system.spawn(BursterActor, { name }, { name: "burster" });
    sender.go(refAt(nodes, name, ref), 20, name === "c" ? 8 : 40);
    await nodes.run(1_000);
    const times = await nodes.time.until(sender.times());
    const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    // So many messages take the actor so long, whoever sends them.
    const needsMs = (20 * (name === "c" ? 8 : 40)) / 4;
    assert.ok(times.length === 20 && tookMs > needsMs * 0.7, `${name} sent for ${tookMs} ms`);
  }
});

test("an outsider awaits room in the mailbox of a moved actor", async () => {
  const nodes = new MovableNodes(classes);
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(NarrowActor, { name: "narrow" });
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  for (const name of names) {
    const own = refAt(nodes, name, ref);
    for (let number = 0; number < 200; number += 1) own.heard(name, number);
    if (name !== "c") await nodes.run(10);
    let hasRoom = false;
    const waited = own.$.room().then(() => {
      hasRoom = true;
    });
    await nodes.run(0);
    assert.equal(hasRoom, false, name);
    await nodes.time.until(waited);
    await nodes.run(500);
  }
  const all = await nodes.time.until(ref.all());
  assert.deepEqual([all.a?.length, all.b?.length], [200, 200]);
  // Where it lives it refuses at twice its capacity, as it would had it never moved.
  assert.ok((all.c?.length ?? 0) >= 16);
});

test("while many wait for the arrival of an actor, their senders pause a little", async () => {
  let atFreeze = (): void => {};
  const nodes = new MovableNodes(classes, {
    reached: (_, { step }) => {
      if (step === "transferSent") atFreeze();
    },
  });
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(NarrowActor, { name: "narrow" });
  await nodes.run(20);
  const sender = nodes.of("b").system.spawn(BursterActor, { name: "b" }, { name: "burster" });
  atFreeze = () => {
    atFreeze = () => {};
    sender.go(ref, 2, migrationLimits.crowdMin + 1);
  };
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  await nodes.run(2_000);
  const [first = 0, second = 0] = await nodes.time.until(sender.times());
  assert.ok(second - first >= 20, `${second - first} ms between the bursts`);
  const all = await nodes.time.until(ref.all());
  assert.deepEqual(all.b, rising(2 * (migrationLimits.crowdMin + 1)));
});
