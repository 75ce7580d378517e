// A node's disk: keys and bytes, with what crashes and bad disks do to them. What is written is seen
// by reads at once, and durable some time later, in the order written; `write` settles then.
//
//   write ──► pending ──latency──► durable        crash: pending is dropped, or a prefix of it kept
//
// The disk outlives its node's incarnations; each has an access of its own, which ends with it.
import { Failure } from "#protocols/failure.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance, Span } from "./chance.ts";
import type { Operations } from "./operations.ts";

/** What an actor may do with the disk of its node. All calls fail with `store_failed` on a bad one. */
export interface Disk {
  /** Undefined when there is nothing of that name. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Those that begin so, in order. Default: all. */
  keys(prefix?: string): Promise<readonly string[]>;
  /**
   * Settles when it is durable. After `store_failed` it may be or not. Fails with `mailbox_full`
   * when 10,000 writes wait already.
   */
  write(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The life of a process, as its disk sees it. */
export interface DiskUser {
  isAlive(): boolean;
  /** Later while it is paused, never once it is gone. */
  run(act: () => void): void;
}

interface PendingWrite {
  readonly key: string;
  /** Undefined removes the key. */
  readonly bytes: Uint8Array | undefined;
}

const latencyMs: Span = { min: 0.05, max: 2 };
const pendingMax = 10_000;

export interface DiskParts {
  readonly node: string;
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly operations: Operations;
}

export class SimulatedDisk {
  readonly #parts: DiskParts;
  readonly #durable = new Map<string, Uint8Array>();
  #pending: PendingWrite[] = [];
  #generation = 0;
  #durableByMs = 0;
  #fullUntilMs = 0;
  #slow = { untilMs: 0, factor: 1 };
  #failures = 0;

  constructor(parts: DiskParts) {
    this.#parts = parts;
  }

  /** For one incarnation. */
  open(user: DiskUser): Disk {
    const generation = this.#generation;
    const isOpen = (): boolean => user.isAlive() && generation === this.#generation;
    const access = <T>(act: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!isOpen()) return;
        this.#parts.agenda.after(this.#latency(), () => {
          if (!isOpen()) return;
          const isFailing = this.#isFailing();
          const value = act();
          user.run(() => (isFailing ? reject(ioFailed()) : resolve(value)));
        });
      });
    const change = (key: string, bytes: Uint8Array | undefined): Promise<void> =>
      new Promise((resolve, reject) => {
        if (!isOpen()) return;
        const settle = (failure: Failure | undefined): void => {
          user.run(() => (failure ? reject(failure) : resolve()));
        };
        this.#change({ key, bytes: bytes?.slice() }, isOpen, settle);
      });
    return {
      read: (key) => access(() => this.#seen().get(key)?.slice()),
      keys: (prefix = "") => access(() => keysOf(this.#seen(), prefix)),
      write: (key, bytes) => change(key, bytes),
      remove: (key) => change(key, undefined),
    };
  }

  /** The node died: nobody's access works any more, and what was pending is lost from some point. */
  crash(): void {
    const { chance } = this.#parts;
    const kept = chance.happens(0.5) ? 0 : chance.count({ min: 0, max: this.#pending.length });
    for (const write of this.#pending.slice(0, kept)) this.#keep(write);
    this.close();
  }

  /** The node ended in good order; whatever it did not wait for is lost. */
  close(): void {
    this.#pending = [];
    this.#generation++;
  }

  fillFor(ms: number): void {
    this.#fullUntilMs = Math.max(this.#fullUntilMs, this.#parts.agenda.nowMs + ms);
  }

  slowFor(ms: number, factor: number): void {
    this.#slow = { untilMs: this.#parts.agenda.nowMs + ms, factor };
  }

  /** So many of the next accesses fail. */
  failNext(accesses: number): void {
    this.#failures += accesses;
  }

  /** Flips the bit that stands at this place of all, from 0 to 1; false when nothing is kept. */
  flip(place: number): boolean {
    const values = keysOf(this.#durable, "").flatMap((key) => this.#durable.get(key) ?? []);
    const bits = values.reduce((sum, bytes) => sum + bytes.length * 8, 0);
    let bit = Math.min(bits - 1, Math.floor(place * bits));
    for (const bytes of values) {
      if (bit < bytes.length * 8) {
        const index = bit >> 3;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit & 7));
        return true;
      }
      bit -= bytes.length * 8;
    }
    return false;
  }

  /** All that is wrong with it is over; what was lost stays lost. */
  heal(): void {
    this.#fullUntilMs = 0;
    this.#slow = { untilMs: 0, factor: 1 };
    this.#failures = 0;
  }

  #change(
    write: PendingWrite,
    isOpen: () => boolean,
    settle: (failure: Failure | undefined) => void,
  ): void {
    const { agenda, chance, operations, node } = this.#parts;
    const isFull = write.bytes !== undefined && agenda.nowMs < this.#fullUntilMs;
    const isFailing = this.#isFailing();
    const isLost = isFull || (isFailing && chance.happens(0.5));
    const failure = isFull ? diskFull() : isFailing ? ioFailed() : undefined;
    if (this.#pending.length >= pendingMax) {
      settle(new Failure("mailbox_full", `${pendingMax} writes wait for the disk: write less`));
      return;
    }
    if (!isLost) operations.perform(node, () => this.#pending.push(write));
    this.#durableByMs = Math.max(agenda.nowMs + this.#latency(), this.#durableByMs + 0.001);
    agenda.at(this.#durableByMs, () => {
      if (!isOpen()) return;
      if (!isLost) operations.perform(node, () => this.#settleFirst());
      if (isOpen()) settle(failure);
    });
  }

  #settleFirst(): void {
    const first = this.#pending.shift();
    if (first) this.#keep(first);
  }

  #keep({ key, bytes }: PendingWrite): void {
    if (bytes === undefined) this.#durable.delete(key);
    else this.#durable.set(key, bytes);
  }

  /** As a living process sees it: with what is not durable yet. */
  #seen(): Map<string, Uint8Array> {
    if (this.#pending.length === 0) return this.#durable;
    const seen = new Map(this.#durable);
    for (const { key, bytes } of this.#pending) {
      if (bytes === undefined) seen.delete(key);
      else seen.set(key, bytes);
    }
    return seen;
  }

  #isFailing(): boolean {
    if (this.#failures === 0) return false;
    this.#failures--;
    return true;
  }

  #latency(): number {
    const { agenda, chance } = this.#parts;
    const ms = chance.within(latencyMs);
    return agenda.nowMs < this.#slow.untilMs ? ms * this.#slow.factor : ms;
  }
}

const keysOf = (values: ReadonlyMap<string, unknown>, prefix: string): readonly string[] =>
  [...values.keys()].filter((key) => key.startsWith(prefix)).sort();

const diskFull = (): Failure =>
  new Failure("store_failed", "the disk is full: nothing was written, try again later");

const ioFailed = (): Failure =>
  new Failure("store_failed", "the disk failed: the access may have happened or not, look again");
