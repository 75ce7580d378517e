// Actors that the tests put into threads.
import { createHash } from "node:crypto";
import { threadId } from "node:worker_threads";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { placementsKey } from "#runtime/cluster/remote/placements.ts";
import { Actor, inThread, moving, reply } from "#runtime/index.ts";

export interface Listener {
  heard(text: string): void;
  double(value: number): number;
}
export const Listener = protocol<Listener>("test.threads.Listener@1", { heard: tell, double: ask });

export interface Worker {
  count(by: number): void;
  total(): number;
  order(): readonly number[];
  thread(): number;
  fail(text: string): void;
  refuse(): Ack;
  spin(ms: number): Ack;
  spinForever(): void;
  exit(code: number): void;
  hoard(): void;
  wait(ms: number): string;
  patience(): string;
  measure(bytes: Uint8Array): number;
  produce(size: number): Uint8Array;
  hash(rounds: number): string;
  tellTo(listener: Ref<Listener>, text: string): void;
  askBack(listener: Ref<Listener>, value: number): number;
  whoAmI(): AnyRef;
  isMe(ref: AnyRef): boolean;
  whoSent(): string;
  child(name: string): Ref<Listener>;
  stopChild(): Ack;
  watch(ref: AnyRef, listener: Ref<Listener>): Ack;
  say(text: string): void;
  leave(): void;
  throwLater(): void;
  claim(name: string): Ack;
  totalOf(name: string): number;
  watchUntilGone(ref: AnyRef): string;
  gone(): string;
  nest(from: number): Ref<Worker>;
  placeElsewhere(): string;
  home(): string;
}
/** A thread takes seconds to begin where all processors are busy. */
const patient = ask({ within: 20_000 });

export const Worker = protocol<Worker>("test.threads.Worker@1", {
  count: tell,
  total: patient,
  order: patient,
  thread: patient,
  fail: tell,
  refuse: patient,
  spin: patient,
  spinForever: tell,
  exit: tell,
  hoard: tell,
  wait: patient,
  patience: patient,
  placeElsewhere: patient,
  home: patient,
  measure: patient,
  produce: patient,
  hash: patient,
  tellTo: tell,
  askBack: patient,
  whoAmI: patient,
  isMe: patient,
  whoSent: patient,
  child: patient,
  stopChild: patient,
  watch: patient,
  say: tell,
  leave: tell,
  throwLater: tell,
  claim: patient,
  totalOf: patient,
  watchUntilGone: patient,
  gone: patient,
  nest: patient,
});

export class ChildActor extends Actor<Listener> implements Handlers<Listener> {
  static readonly protocol = Listener;
  heard(): void {}
  double(value: number): number {
    return value * 2;
  }
}

interface WorkerState {
  readonly from: number;
  readonly farewell: Ref<Listener> | undefined;
  readonly values: number[];
  total: number;
}

export class WorkerActor extends Actor<Worker, WorkerState> implements Handlers<Worker> {
  static readonly protocol = Worker;
  static readonly module = import.meta.url;
  static readonly protocols = [Listener];
  static readonly stopTimeoutMs = 1_000;
  static initial = (args: {
    readonly from: number;
    readonly farewell?: Ref<Listener>;
  }): WorkerState => ({ from: args.from, farewell: args.farewell, total: args.from, values: [] });
  #child: Ref<Listener> | undefined;
  #watcher: Ref<Listener> | undefined;
  #heardGone: (how: string) => void = () => {};
  readonly #gone = new Promise<string>((resolve) => {
    this.#heardGone = resolve;
  });

  override stopped(): void {
    this.state.farewell?.heard(`stopped with ${this.state.total}`);
  }
  override terminated(ref: AnyRef, exit: { readonly kind: string }): void {
    this.#heardGone(exit.kind);
    this.#watcher?.heard(`terminated ${ref.$.address.path} ${exit.kind}`);
  }
  count(by: number): void {
    this.state.total += by;
    this.state.values.push(by);
  }
  total(): number {
    return this.state.total;
  }
  order(): readonly number[] {
    return this.state.values;
  }
  thread(): number {
    return threadId;
  }
  fail(text: string): void {
    throw new Failure("corrupt", text);
  }
  refuse(): Ack {
    throw reply(new Failure("queue_full", "no more"));
  }
  spin(ms: number): Ack {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return ack;
  }
  spinForever(): void {
    for (;;);
  }
  exit(code: number): void {
    process.exit(code);
  }
  hoard(): void {
    const held: number[][] = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  }
  async wait(ms: number): Promise<string> {
    const { signal } = this.ctx;
    this.state.farewell?.heard("waiting");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        this.state.farewell?.heard("aborted");
        resolve();
      });
    });
    return "waited";
  }
  patience(): string {
    return this.ctx.remaining < 1_500 ? "short" : "long";
  }
  measure(bytes: Uint8Array): number {
    return bytes.byteLength;
  }
  produce(size: number): Uint8Array {
    return moving(new Uint8Array(size).fill(7));
  }
  hash(rounds: number): string {
    let digest = Buffer.from("start");
    for (let round = 0; round < rounds; round += 1) {
      digest = createHash("sha256").update(digest).digest();
    }
    return digest.toString("hex");
  }
  tellTo(listener: Ref<Listener>, text: string): void {
    listener.heard(text);
  }
  askBack(listener: Ref<Listener>, value: number): Promise<number> {
    return listener.double(value);
  }
  whoAmI(): AnyRef {
    return this.ctx.self;
  }
  isMe(ref: AnyRef): boolean {
    return ref.$.toString() === this.ctx.self.$.toString();
  }
  whoSent(): string {
    return this.ctx.sender?.$.address.path ?? "nobody";
  }
  child(name: string): Ref<Listener> {
    this.#child = this.ctx.spawn(ChildActor, { name });
    return this.#child;
  }
  stopChild(): Ack {
    if (this.#child) this.ctx.stop(this.#child);
    return ack;
  }
  watch(ref: AnyRef, listener: Ref<Listener>): Ack {
    this.#watcher = listener;
    this.ctx.watch(ref);
    return ack;
  }
  say(text: string): void {
    this.ctx.log("info", text, { deep: { n: 1 } });
  }
  leave(): void {
    this.ctx.stop();
  }
  throwLater(): void {
    setTimeout(() => {
      throw new Error("nobody catches this");
    }, 1);
  }
  async claim(name: string): Promise<Ack> {
    await this.ctx.register(name);
    return ack;
  }
  async totalOf(name: string): Promise<number> {
    const found = await this.ctx.lookup(Worker, name);
    return await found.total();
  }
  watchUntilGone(ref: AnyRef): string {
    this.ctx.watch(ref);
    return "watching";
  }
  home(): string {
    const { name, incarnation } = this.ctx.node;
    return `${name} ${incarnation}`;
  }
  async nest(from: number): Promise<Ref<Worker>> {
    const nested = this.ctx.spawn(inThread(WorkerActor), { from }, { name: "nested" });
    await this.ctx.started(nested);
    return nested;
  }
  /** Answers why it cannot. */
  placeElsewhere(): string {
    try {
      this.ctx.use(placementsKey);
      return "it can";
    } catch (cause) {
      return Failure.of(cause).message;
    }
  }
  gone(): Deferred<string> {
    return this.ctx.defer(this.#gone);
  }
}

/** Exported under another name than its own. */
class HiddenActor extends Actor<Listener> implements Handlers<Listener> {
  static readonly protocol = Listener;
  static readonly module = import.meta.url;
  heard(): void {}
  double(value: number): number {
    return value;
  }
}
export const Renamed = HiddenActor;
