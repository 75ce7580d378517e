import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { refOf } from "#protocols/schema.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestPair } from "#runtime/testkit/test-system.ts";

interface Listener {
  heard(text: string): void;
  all(): readonly string[];
  follow(ref: AnyRef): Ack;
}
const Listener = protocol<Listener>("test.Listener@1", { heard: tell, all: ask, follow: ask });

class ListenerActor extends Actor<Listener, { all: string[] }> implements Handlers<Listener> {
  static readonly protocol = Listener;
  static initial = () => ({ all: [] as string[] });
  heard(text: string): void {
    this.state.all.push(text);
  }
  all(): readonly string[] {
    return this.state.all;
  }
  follow(ref: AnyRef): Ack {
    this.ctx.watch(ref);
    return ack;
  }
  override terminated(_ref: AnyRef, exit: Exit): void {
    this.state.all.push(exit.kind);
  }
}

interface Speaker {
  echo(text: string): string;
  sayTo(listener: Ref<Listener>, text: string): void;
  never(): string;
  aborted(): number;
  crash(): Ack;
  leave(): void;
}
const Speaker = protocol<Speaker>("test.Speaker@1", {
  echo: ask,
  sayTo: tell,
  never: ask,
  aborted: ask,
  crash: ask,
  leave: tell,
}).checked({
  echo: [Type.String({ maxLength: 10 })],
  sayTo: [refOf(Listener), Type.String()],
});

class SpeakerActor extends Actor<Speaker, { aborted: number }> implements Handlers<Speaker> {
  static readonly protocol = Speaker;
  static initial = () => ({ aborted: 0 });
  echo(text: string): string {
    return text;
  }
  sayTo(listener: Ref<Listener>, text: string): void {
    listener.heard(text);
  }
  never() {
    this.ctx.signal.addEventListener("abort", () => {
      this.state.aborted += 1;
    });
    return this.ctx.defer(new Promise<string>(() => {}));
  }
  aborted(): number {
    return this.state.aborted;
  }
  crash(): Ack {
    throw new Error("boom");
  }
  leave(): void {
    this.ctx.stop();
  }
}

async function pair() {
  const { a, b, network } = await createTestPair([Listener, Speaker]);
  const speaker = b.system.spawn(SpeakerActor, { name: "speaker" });
  await b.system.register("speaker", speaker);
  const remote = await a.system.lookup(Speaker, "speaker", 1_000);
  return { a, b, network, remote, speaker };
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "resolved",
    (error: unknown) => Failure.of(error).code,
  );

test("a ref found by name reaches its actor on another node as if it were here", async () => {
  const { remote, speaker } = await pair();
  assert.equal(remote.$.toString(), speaker.$.toString());
  assert.equal(await remote.echo("hello"), "hello");
});

test("a ref sent in a message works where it arrives", async () => {
  const { a, remote } = await pair();
  const listener = a.system.spawn(ListenerActor);
  for (const text of ["one", "two", "three"]) remote.sayTo(listener, text);
  await a.time.settle();
  assert.deepEqual(await listener.all(), ["one", "two", "three"]);
});

test("arguments that do not fit the schema are refused before the actor sees them", async () => {
  const { b, remote } = await pair();
  assert.equal(await codeOf(remote.echo("much too long a text")), "invalid");
  const wrong = { heard: 1 };
  // @ts-expect-error not a ref
  remote.sayTo(wrong, "x");
  await b.time.settle();
  assert.equal(b.system.deadLetters.counts.get("invalid"), 1);
});

test("a crash there is a failed ask here", async () => {
  const { remote, b } = await pair();
  assert.equal(await codeOf(remote.crash()), "actor_crashed");
  await b.time.advance(100);
  assert.equal(await remote.echo("again"), "again");
});

test("a deadline that passes here aborts the handler's signal there", async () => {
  const { a, remote } = await pair();
  const asked = codeOf(remote.$.with({ within: 50 }).never());
  await a.time.advance(60);
  assert.equal(await asked, "timeout");
  await a.time.settle();
  assert.equal(await remote.aborted(), 1);
});

test("a watcher hears once when the watched actor stops, and once when its node goes down", async () => {
  const { a, b, network, remote } = await pair();
  const listener = a.system.spawn(ListenerActor);
  await listener.follow(remote);
  await a.time.settle();
  remote.leave();
  await a.time.settle();
  assert.deepEqual(await listener.all(), ["stopped"]);
  const other = b.system.spawn(SpeakerActor);
  await b.system.register("other", other);
  await listener.follow(await a.system.lookup(Speaker, "other", 1_000));
  await a.time.settle();
  network.takeDown("b");
  await a.time.settle();
  assert.deepEqual(await listener.all(), ["stopped", "node-down"]);
});

test("asks to a node that goes down fail with node_down, and its names are free", async () => {
  const { a, network, remote } = await pair();
  const asked = codeOf(remote.never());
  await a.time.settle();
  network.takeDown("b");
  assert.equal(await asked, "node_down");
  assert.equal(await codeOf(remote.echo("x")), "node_down");
  await a.time.settle();
  const next = a.system.spawn(SpeakerActor);
  await a.system.register("speaker", next);
});

test("watching what has ended already is answered at once", async () => {
  const { a, remote } = await pair();
  remote.leave();
  await a.time.settle();
  const listener = a.system.spawn(ListenerActor);
  await listener.follow(remote);
  await a.time.settle();
  assert.deepEqual(await listener.all(), ["stopped"]);
  assert.equal(await codeOf(remote.echo("x")), "actor_stopped");
});

test("what only looks like a ref is refused at the wire", async () => {
  const { b, remote } = await pair();
  const fake = { $: { protocolId: Listener.id, address: remote.$.address } };
  // @ts-expect-error not a ref
  remote.sayTo(fake, "x");
  await b.time.settle();
  assert.equal(b.system.deadLetters.counts.get("invalid"), 1);
});
