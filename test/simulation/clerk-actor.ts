// The actors of simulated offices: clerks that send each other numbered notes, ask each other, watch
// each other and crash, and the offices that employ them. Whatever they see goes into the history.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { serviceKey } from "#runtime/core/services.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import { type Numbered, StreamNumbers } from "#runtime/testkit/simulation/numbered.ts";

/** What one life of a node knows about its own clerks. */
export class Journal {
  readonly host: SimulatedHost;
  readonly numbers = new StreamNumbers();
  /** By watcher and subject: the last watch. */
  readonly #watches = new Map<string, { readonly name: string; isOpen: boolean }>();
  #count = 0;

  constructor(host: SimulatedHost) {
    this.host = host;
  }

  /** False when the one watches the other already. */
  watching(watcher: AnyRef, subject: AnyRef): boolean {
    const pair = pairOf(watcher, subject);
    if (this.#watches.get(pair)?.isOpen) return false;
    const name = `${pair} ${++this.#count}`;
    this.#watches.set(pair, { name, isOpen: true });
    const terms = { watcher: referenceKey(watcher), subject: referenceKey(subject) };
    this.host.record({ kind: "watched", watch: name, ...terms });
    return true;
  }

  heard(watcher: AnyRef, subject: AnyRef): void {
    const pair = pairOf(watcher, subject);
    const watch = this.#watches.get(pair);
    if (watch) watch.isOpen = false;
    this.host.record({ kind: "terminated", watch: watch?.name ?? pair });
  }

  unwatching(watcher: AnyRef, subject: AnyRef): void {
    const watch = this.#watches.get(pairOf(watcher, subject));
    if (!watch?.isOpen) return;
    watch.isOpen = false;
    this.host.record({ kind: "unwatched", watch: watch.name });
  }
}

const pairOf = (watcher: AnyRef, subject: AnyRef): string =>
  `${referenceKey(watcher)} ${referenceKey(subject)}`;

export const journalKey = serviceKey("simulation.journal", (value) =>
  value instanceof Journal ? value : undefined,
);

export interface Clerk {
  /** Sends so many numbered notes to that clerk. */
  write(to: Ref<Clerk>, node: string, notes: number): void;
  /** One of them. */
  note(numbered: Numbered): void;
  /** Answers the same number some time later; heeds the caller's cancelling. */
  echo(number: number, afterMs: number): number;
  /** Asks the other and answers what that answers. */
  relay(to: Ref<Clerk>, number: number): number;
  self(): Ref<Clerk>;
  follow(subject: Ref<Clerk>): void;
  unfollow(subject: Ref<Clerk>): void;
  crash(): void;
}
export const Clerk = protocol<Clerk>("simulation.Clerk@1", {
  write: tell,
  note: tell,
  echo: ask(),
  relay: ask(),
  self: ask(),
  follow: tell,
  unfollow: tell,
  crash: tell,
});

export class ClerkActor extends Actor<Clerk> implements Handlers<Clerk> {
  static readonly protocol = Clerk;
  static readonly restart = "permanent";

  override start(): void {
    this.#host.record({ kind: "began", actor: referenceKey(this.ctx.self) });
  }

  override stopped(): void {
    this.#host.record({ kind: "over", actor: referenceKey(this.ctx.self) });
  }

  write(to: Ref<Clerk>, node: string, notes: number): void {
    const { host, numbers } = this.ctx.use(journalKey);
    const way = `${this.ctx.node.name}>${node}`;
    const stream = `${way}/${referenceKey(this.ctx.self)} to ${to.$.address.path}`;
    for (let note = 0; note < notes; note++) {
      const numbered = numbers.next(stream);
      host.record({ kind: "sent", ...numbered });
      to.note(numbered);
    }
  }

  note(numbered: Numbered): void {
    this.#host.record({ kind: "handled", ...numbered, receiver: referenceKey(this.ctx.self) });
  }

  async echo(number: number, afterMs: number): Promise<number> {
    if (afterMs > 0) await this.ctx.sleep(afterMs, this.ctx.signal);
    return number;
  }

  async relay(to: Ref<Clerk>, number: number): Promise<number> {
    return (await to.echo(number, 0)) + 1;
  }

  self(): Ref<Clerk> {
    return this.ctx.self;
  }

  follow(subject: Ref<Clerk>): void {
    if (this.ctx.use(journalKey).watching(this.ctx.self, subject)) this.ctx.watch(subject);
  }

  unfollow(subject: Ref<Clerk>): void {
    this.ctx.use(journalKey).unwatching(this.ctx.self, subject);
    this.ctx.unwatch(subject);
  }

  override terminated(subject: AnyRef, _exit: Exit): void {
    this.ctx.use(journalKey).heard(this.ctx.self, subject);
  }

  crash(): void {
    throw new Error("told to crash");
  }

  get #host(): SimulatedHost {
    return this.ctx.use(journalKey).host;
  }
}

export interface Office {
  /** Stops a clerk for good; another one gets its desk. */
  dismiss(desk: string): Ack;
}
export const Office = protocol<Office>("simulation.Office@1", { dismiss: ask() });

export const officeBounds = { restartsMax: 5, withinMs: 4_000 } as const;
export const officeBackoff = { delayMsMin: 5, delayMsMax: 200, factor: 2, jitter: 0.2 } as const;

export class OfficeActor
  extends Actor<Office, { readonly desks: readonly string[] }>
  implements Handlers<Office>
{
  static readonly protocol = Office;
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    ...officeBounds,
    backoff: officeBackoff,
  };
  static initial = (desks: readonly string[]) => ({ desks });
  readonly #clerks = new Map<string, AnyRef>();

  override start(): void {
    for (const desk of this.state.desks) this.#employ(desk);
  }

  dismiss(desk: string): Ack {
    const clerk = this.#clerks.get(desk);
    if (!clerk) throw new Failure("not_found", `there is no desk ${desk}`);
    this.#clerks.delete(desk);
    this.ctx.watch(clerk);
    const { host } = this.ctx.use(journalKey);
    host.record({ kind: "stopping", actor: referenceKey(clerk) });
    this.ctx.stop(clerk);
    return ack;
  }

  override terminated(gone: AnyRef): void {
    const desk = gone.$.address.path.split("/").at(-1);
    if (desk !== undefined && !this.#clerks.has(desk)) this.#employ(desk);
  }

  #employ(desk: string): void {
    this.#clerks.set(desk, this.ctx.spawn(ClerkActor, { name: desk }));
  }
}
