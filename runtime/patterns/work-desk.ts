// What a work hub does: admits offers, hands items to workers with room, and takes back what they
// leave. The ledger decides; here it is told to the actors.
import { type AnyRef, type Ref, refMark } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, protocol, tell } from "#protocols/protocol.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { reply } from "#runtime/core/reply.ts";
import { capacityOf, spokenAs } from "./forwarding.ts";
import { type Assignment, WorkLedger } from "./work-ledger.ts";

/** What a worker's protocol must have. */
export interface PullWorker<T> {
  /** An item to work on; `finish` it by the number of the delivery. */
  work(delivery: number, item: T): void;
}

export interface WorkHubStatus {
  readonly workers: number;
  readonly waiting: number;
  readonly offersWaiting: number;
  readonly underWay: number;
  readonly finished: number;
  /** Given back `deliveriesMax` times, or impossible to send. */
  readonly discarded: number;
}

export interface WorkHubTerms {
  /** Items that wait in the hub. Full: offers wait. */
  readonly capacity: number;
  /** Offers that wait for room. Full, or 0: an offer fails with `queue_full`. */
  readonly offersWaitingMax: number;
  /** Deliveries of one item, the first included, before it is discarded and logged as an error. */
  readonly deliveriesMax: number;
}

/** Items that one worker may hold. */
export const workerRoomMax = 10_000;

/** Workers of one hub. More: refused with `too_large`. */
const workersMax = 1_024;

interface DeskContext {
  readonly path: string;
  watch(ref: AnyRef): void;
  unwatch(ref: AnyRef): void;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

interface WaitingOffer<T> {
  readonly item: T;
  admitted(): void;
  refused(failure: Failure): void;
}

export class WorkDesk<T> {
  /** For workers of other nodes whose own protocol is not known here. */
  readonly #pull = protocol<PullWorker<T>>("troupe.PullWorker@1", { work: tell });
  readonly #terms: WorkHubTerms;
  readonly #ctx: DeskContext;
  readonly #ledger: WorkLedger<T>;
  readonly #workers = new Map<string, Ref<PullWorker<T>>>();
  /** In the order in which they came. */
  readonly #offers = new Set<WaitingOffer<T>>();
  #finished = 0;
  #discarded = 0;

  /** Fails with `invalid` when a bound is no whole number. */
  constructor(terms: WorkHubTerms, ctx: DeskContext) {
    checkTerms(terms);
    this.#terms = terms;
    this.#ctx = ctx;
    this.#ledger = new WorkLedger(terms);
  }

  get status(): WorkHubStatus {
    const { workers, waiting, underWay } = this.#ledger;
    const [finished, discarded] = [this.#finished, this.#discarded];
    return { workers, waiting, offersWaiting: this.#offers.size, underWay, finished, discarded };
  }

  async offer(item: T, signal: AbortSignal): Promise<Ack> {
    // While offers wait there is no room, so none is overtaken.
    if (!this.#ledger.offer(item)) await this.#room(item, signal);
    this.#handOut();
    return ack;
  }

  join(worker: Ref<PullWorker<T>>, room: number): Ack {
    const name = this.#checkedName(worker, room);
    if (!this.#workers.has(name)) this.#ctx.watch(worker);
    this.#workers.set(name, spokenAs(this.#pull, worker) ?? worker);
    this.#discard(this.#ledger.join(name, room), `given back by ${name} as it joined anew`);
    this.#handOut();
    return ack;
  }

  leave(worker: AnyRef): Ack {
    if (this.#workers.has(nameOf(worker))) this.#ctx.unwatch(worker);
    this.forget(worker);
    return ack;
  }

  /** A worker is gone, or wants nothing more. */
  forget(worker: AnyRef): void {
    const name = nameOf(worker);
    this.#workers.delete(name);
    this.#discard(this.#ledger.leave(name), `given back by ${name} as it went`);
    this.#handOut();
  }

  finish(worker: AnyRef, delivery: number): void {
    if (!this.#ledger.finish(nameOf(worker), delivery)) return;
    this.#finished += 1;
    this.#handOut();
  }

  /** The hub ends: what waits here ends with it, and is said to be lost. */
  close(): void {
    const ended = new Failure("actor_stopped", `${this.#ctx.path} has ended; offer it to the next`);
    for (const offer of this.#offers) offer.refused(ended);
    this.#offers.clear();
    const { waiting, underWay } = this.#ledger;
    if (waiting + underWay === 0) return;
    this.#ctx.log("warn", "items end with their hub", { waiting, underWay });
  }

  #handOut(): void {
    for (;;) {
      const assignment = this.#ledger.next();
      if (assignment) this.#deliver(assignment);
      else if (!this.#admitOne()) return;
    }
  }

  #admitOne(): boolean {
    const [offer] = this.#offers;
    if (!offer || !this.#ledger.offer(offer.item)) return false;
    this.#offers.delete(offer);
    offer.admitted();
    return true;
  }

  // An item that cannot be sent would be given back and tried by all: it ends here.
  #deliver({ worker, delivery, item }: Assignment<T>): void {
    try {
      this.#workers.get(worker)?.work(delivery, item);
    } catch (error) {
      this.#ledger.finish(worker, delivery);
      this.#discard([item], `it cannot be sent to ${worker}: ${Failure.of(error).detail}`);
    }
  }

  #room(item: T, signal: AbortSignal): Promise<void> {
    const { capacity, offersWaitingMax } = this.#terms;
    if (this.#offers.size >= offersWaitingMax) {
      const text = `${capacity} items wait in ${this.#ctx.path}, and ${this.#offers.size} offers before it; offer it later`;
      return Promise.reject(new Failure("queue_full", text));
    }
    return new Promise((resolve, reject) => {
      const withdraw = (): void => {
        this.#offers.delete(offer);
        reject(new Failure("cancelled", "the producer waits no longer"));
      };
      const offer: WaitingOffer<T> = {
        item,
        admitted: () => {
          signal.removeEventListener("abort", withdraw);
          resolve();
        },
        refused: reject,
      };
      this.#offers.add(offer);
      signal.addEventListener("abort", withdraw, { once: true });
    });
  }

  #discard(items: readonly T[], why: string): void {
    if (items.length === 0) return;
    this.#discarded += items.length;
    this.#ctx.log("error", `${items.length} items are discarded: ${why}`);
  }

  #checkedName(worker: Ref<PullWorker<T>>, room: number): string {
    const name = nameOf(worker);
    if (!Number.isInteger(room) || room < 1 || room > workerRoomMax) {
      const text = `${name} has room for ${room} items; say a whole number from 1 to ${workerRoomMax}`;
      throw reply(new Failure("invalid", text));
    }
    const capacity = capacityOf(worker);
    if (room > capacity) {
      const text = `${name} has room for ${room} items, but its mailbox takes ${capacity} messages, and what it refused would never be finished; say less room, or enlarge its mailbox`;
      throw reply(new Failure("invalid", text));
    }
    const isKnown = spokenAs(this.#pull, worker) === undefined;
    if (isKnown && typeof worker.work !== "function") {
      const text = `${name} speaks ${worker.$.protocolId}, which has no work(delivery, item)`;
      throw reply(new Failure("invalid", text));
    }
    if (this.#workers.size >= workersMax && !this.#workers.has(name)) {
      const text = `${this.#ctx.path} has ${workersMax} workers; let ${name} join another hub`;
      throw reply(new Failure("too_large", text));
    }
    return name;
  }
}

// It may come from another node: a crash over it would cost the queue.
function nameOf(worker: AnyRef): string {
  if (typeof worker === "object" && worker !== null && refMark in worker) {
    return worker.$.toString();
  }
  throw reply(new Failure("invalid", `${String(worker)} is no reference to a worker`));
}

function checkTerms({ capacity, offersWaitingMax, deliveriesMax }: WorkHubTerms): void {
  const rules: readonly (readonly [string, number, number])[] = [
    ["capacity", capacity, 1],
    ["offersWaitingMax", offersWaitingMax, 0],
    ["deliveriesMax", deliveriesMax, 1],
  ];
  for (const [name, value, least] of rules) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new Failure("invalid", `${name} is a whole number from ${least}, not ${value}`);
  }
}
