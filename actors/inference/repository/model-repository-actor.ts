// The models of a worker node: looks what is in its folders, loads what is wanted into engines of its
// own, and hands each request to the version that it asks for. A version is replaced only when what
// takes its place is warm, and ends when it has answered what it has; so no request fails by a reload.
//
//   order, poll, start ──► look ──► shelves ──nextSteps──► ServedVersion: started, drained, stopped
//                                     ▲                        │
//                                     └── warmed, terminated ──┘
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Ack, Deferred, Handlers } from "#protocols/protocol.ts";
import {
  type ModelIndexEntry,
  type ModelMetadata,
  type ModelQuestion,
  modelRepositoryName,
  type VersionStatistics,
} from "#protocols/tasks/model-repository.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { RunReply, RunRequest } from "../engine-request.ts";
import { metadataOf } from "./declared-ports.ts";
import type { FoundModel } from "./model-scan.ts";
import type { LivingCopy, ModelShelf } from "./model-shelf.ts";
import { ModelShelves, type Serving } from "./model-shelves.ts";
import { Models, type RepositoryArguments } from "./models.ts";
import { OrderWaiters } from "./order-waiters.ts";
import { nobody, type RepositorySignals, type Warmed } from "./repository-signals.ts";
import { ServedVersionActor } from "./served-version.ts";
import { startAgainMs } from "./start-again.ts";
import { launchOf } from "./version-launch.ts";
import { nextSteps, type Target } from "./version-plan.ts";

/** What a copy that leaves still has in progress by then is broken off. */
const drainMs = 150_000;

export class ModelRepositoryActor
  extends Actor<Models, RepositoryArguments, RepositorySignals>
  implements Handlers<Models & RepositorySignals>
{
  static readonly protocol = Models;
  /** Why a version has ended is kept, and told; that another takes its place is decided here. */
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 0,
    withinMs: 1_000,
    backoff: { delayMsMin: 1, delayMsMax: 1, factor: 1, jitter: 0 },
    decide: () => "stop",
  };
  static initial = (args: RepositoryArguments): RepositoryArguments => args;

  readonly #shelves = new ModelShelves();
  readonly #waiters = new OrderWaiters();
  #serving: Serving = { names: [], kinds: [] };
  #looks = 0;
  #copies = 0;

  override async start(): Promise<void> {
    const { mode, load, look, pollMs } = this.state;
    const isLoaded = (name: string): boolean => mode !== "explicit" || load.includes(name);
    this.#shelves.see(await look(), isLoaded);
    this.#apply();
    if (mode === "poll") this.ctx.every(pollMs, "lookAgain");
    await this.ctx.register(modelRepositoryName(this.ctx.node.name));
  }

  /** An answer that is put off does not end with an actor by itself. */
  override stopped(): void {
    this.#waiters.end(this.ctx.node.name);
  }

  run(request: RunRequest): Deferred<RunReply> {
    const servant = this.#shelves.servantOf(request);
    if (servant instanceof Failure) throw reply(servant);
    const served = servant.copy.ref.$.with({ signal: this.ctx.signal });
    return this.ctx.defer(served.run({ ...request, model: servant.name }));
  }

  settled(): Deferred<readonly string[]> {
    const rest = this.#waiters.rest(null);
    if (this.#looks === 0) this.#waiters.settle(this.#shelves);
    return this.ctx.defer(rest.then(() => this.#serving.names));
  }

  awaited(): readonly string[] {
    return this.#shelves.all.filter(({ isAwaited }) => isAwaited).map(({ name }) => name);
  }

  index(): readonly ModelIndexEntry[] {
    return this.#shelves.all.flatMap((shelf) => shelf.index);
  }

  metadata({ name, version }: ModelQuestion): Deferred<ModelMetadata> {
    const shelf = this.#shelfOf(name);
    const copy = shelf.servant(version === undefined ? undefined : String(version));
    if (!copy) {
      const text = `the model ${name} has no such version that is ready`;
      throw reply(new Failure("unavailable", text));
    }
    const about = { name: shelf.name, versions: shelf.versionsReady };
    const { notes } = copy;
    return this.ctx.defer(copy.ref.warm().then((facts) => metadataOf(about, { ...facts, notes })));
  }

  config(name: string): string {
    const { found } = this.#shelfOf(name);
    if (found) return found.configText;
    throw reply(new Failure("unavailable", `the configuration of ${name} cannot be read`));
  }

  statistics({ name, version }: Partial<ModelQuestion>): Deferred<readonly VersionStatistics[]> {
    const shelves = name === undefined ? this.#shelves.all : [this.#shelfOf(name)];
    const copies = shelves.flatMap((shelf) => shelf.loaded(version));
    return this.ctx.defer(Promise.all(copies.map(({ ref }) => ref.statistics())));
  }

  load(name: string): Deferred<Ack> {
    return this.#ordered(name, "load");
  }

  unload(name: string): Deferred<Ack> {
    return this.#ordered(name, "unload");
  }

  reload(name: string): Deferred<Ack> {
    return this.#ordered(name, "reload");
  }

  lookAgain(): void {
    if (this.#looks === 0) this.#look();
  }

  looked(found: readonly FoundModel[]): void {
    this.#looks -= 1;
    if (!this.#shelves.isSeen) this.ctx.log("info", "the model repository can be read again");
    this.#shelves.see(found, () => this.state.mode !== "explicit");
    this.#shelves.carryOut();
    this.#apply();
  }

  unseen({ code, detail }: FailureData): void {
    this.#looks -= 1;
    const seen = `${detail}; what was loaded before serves on`;
    if (this.#shelves.seeNothing(seen)) this.ctx.log("warn", seen, { code });
    this.#shelves.carryOut();
    this.#apply();
  }

  warmed({ key, facts: { notes } }: Warmed): void {
    const shelf = this.#shelves.holding(key);
    if (!shelf) return;
    for (const note of notes) this.ctx.log("warn", note, { model: shelf.name });
    shelf.annotate(key, notes);
    shelf.mark(key, "ready");
    this.#apply();
  }

  drained(key: string): void {
    const copy = this.#shelves.copy(key);
    if (copy) this.ctx.stop(copy.ref);
  }

  tryAgain({ name, version }: { readonly name: string; readonly version: number }): void {
    this.#shelves.named(name)?.forgive(version);
    this.#apply();
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    const key = this.#shelves.keyOf(ref) ?? "";
    const shelf = this.#shelves.holding(key);
    const copy = shelf?.take(key);
    if (!shelf || !copy) return;
    if (exit.kind === "crashed") this.#lost(shelf, copy, exit.failure);
    this.state.room.leave(copy.key);
    this.roomLeft();
  }

  roomLeft(): void {
    this.#shelves.findRoom();
    this.#apply();
  }

  #lost(shelf: ModelShelf, copy: LivingCopy, { code, detail }: FailureData): void {
    const { name } = shelf;
    const { version, phase } = copy;
    this.ctx.log("warn", `a version is unavailable: ${detail}`, { model: name, version, code });
    if (phase === "leaving") return;
    const attempt = shelf.refusals.countOf(copy, code) + 1;
    const againMs = startAgainMs(copy, { code, attempt, chance: this.ctx.random() });
    if (againMs === undefined) {
      shelf.refusals.add(copy, { reason: detail, code, standing: "final" });
      return;
    }
    const tries = { count: attempt, nextAt: this.ctx.wall() + againMs };
    shelf.refusals.add(copy, { reason: detail, code, standing: "awaited", tries });
    this.ctx.after(againMs, "tryAgain", { name, version });
  }

  #ordered(name: string, act: "load" | "unload" | "reload"): Deferred<Ack> {
    const { mode } = this.state;
    const text = `the repository of ${this.ctx.node.name} is in mode ${mode}: set its mode to explicit to ${act} single models`;
    const isAllowed = mode === "explicit" || act === "reload";
    const refusal = isAllowed ? this.#shelves.order(name, act) : new Failure("invalid", text);
    if (refusal) throw reply(refusal);
    this.#look();
    return this.ctx.defer(this.#waiters.rest(name));
  }

  #look(): void {
    this.#looks += 1;
    this.ctx.pipe(this.state.look(), "looked", "unseen");
  }

  /** Takes every step that is due, then tells those who wait for one. */
  #apply(): void {
    for (const shelf of this.#shelves.all) this.#applyTo(shelf);
    for (const { name: model, why } of this.#shelves.untold()) {
      this.ctx.log("warn", `a model cannot be used: ${why}`, { model });
    }
    this.#shelves.forgetGone();
    const { serving } = this.#shelves;
    if (JSON.stringify(serving) !== JSON.stringify(this.#serving)) {
      this.#serving = serving;
      this.state.changed(serving);
    }
    if (this.#looks === 0) this.#waiters.settle(this.#shelves);
  }

  #applyTo(shelf: ModelShelf): void {
    const { start, giveUp, leave } = nextSteps(shelf.situation);
    for (const key of giveUp) this.#leave(shelf, key, () => this.drained(key));
    for (const key of leave) this.#leave(shelf, key, (copy) => this.#drain(copy));
    for (const target of start) this.#start(shelf, target);
  }

  #leave(shelf: ModelShelf, key: string, act: (copy: LivingCopy) => void): void {
    shelf.mark(key, "leaving");
    const copy = this.#shelves.copy(key);
    if (copy) act(copy);
  }

  /** What was sent to it before is before this in its mailbox. */
  #drain({ ref, key }: LivingCopy): void {
    const drained = ref.$.with({ within: drainMs }).drain();
    const end = (): string => key;
    this.ctx.pipe(drained.then(end, end), "drained");
  }

  #start(shelf: ModelShelf, target: Target): void {
    const { name } = shelf;
    const { version } = target;
    this.#copies += 1;
    const key = `${name.slice(0, 40)}.${version}-${this.#copies}`;
    const { enginesWanted } = this.#shelves;
    const launch = launchOf(target, { key, shelf, enginesWanted }, this.state);
    if (!launch) return;
    if (launch.kind === "refused") {
      this.ctx.log("warn", `a version is not loaded: ${launch.reason}`, { model: name, version });
      const { reason } = launch;
      shelf.refusals.add(target, { reason, code: "unavailable", standing: "without room" });
      return;
    }
    for (const note of launch.notes) this.ctx.log("warn", note, { model: name, version });
    const terms = { ...launch.terms, room: (engines: number) => this.#resize(key, engines) };
    const ref = this.ctx.spawn(ServedVersionActor, terms, { name: key, restart: "temporary" });
    this.ctx.watch(ref);
    shelf.add({ ...target, key, phase: "loading", ref, notes: launch.notes });
    // That it ended instead is told by `terminated`, with the reason.
    const warm = ref.warm().then((facts): Warmed => ({ key, facts }));
    const told = warm.catch(() => nobody);
    this.ctx.pipe(told, "warmed");
  }

  #resize(key: string, engines: number): string | undefined {
    const refusal = this.state.room.resize(key, engines);
    if (refusal === undefined) this.ctx.send("roomLeft");
    return refusal;
  }

  #shelfOf(name: string): ModelShelf {
    const { shelf } = this.#shelves.of(name);
    if (shelf) return shelf;
    const known = this.#shelves.all.map((one) => one.name).join(", ") || "none";
    throw reply(new Failure("not_found", `there is no model ${name} here, only ${known}`));
  }
}
