// The writing end of one actor's journal. Events are encoded when they are given, appended in their
// order, and applied once they are stored. While one append is under way the next gathers, so that
// events persisted together, or meanwhile, share one call of the store.
//
//   persist:  a b │ c d e │ f
//   appends:  ─a──────b c d e──────f──      (a alone would have been on its way when b came)
import type { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import { invariant } from "#runtime/core/invariant.ts";
import type { Claim, Journal, StoredValue } from "./journal.ts";
import { persistenceLimits } from "./persistence-limits.ts";
import type { StoreLoss } from "./store-loss.ts";

/** Events that are stored all or none. */
interface Group {
  readonly values: readonly StoredValue[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (failure: Failure) => void;
}

export interface WriterPorts {
  readonly journal: Pick<Journal, "append">;
  readonly codec: Pick<PlainCodec, "encode" | "decode">;
  readonly claim: Claim;
  readonly schemaVersion: number;
  readonly loss: StoreLoss;
  /** A stored event, in order. Throws what the actor's reducer throws. */
  apply(event: unknown, sequence: number): void;
  /** Events were stored and applied. */
  advanced(events: number, bytes: number): void;
}

const { appendEventsMax, appendBytesMax, eventBytesMax, pendingEventsMax } = persistenceLimits;

export class JournalWriter {
  readonly #ports: WriterPorts;
  #pending: Group[] = [];
  #pendingEvents = 0;
  #version: number;
  #isWriting = false;

  constructor(ports: WriterPorts) {
    this.#ports = ports;
    this.#version = ports.claim.version;
  }

  /** Sequence of the last event that was stored and applied. */
  get version(): number {
    return this.#version;
  }

  /**
   * Settles when all events are stored and applied; all are, or none. Throws at once, and stores
   * nothing, for events that are not plain (`invalid`), too large or too many (`too_large`), or
   * when too much waits (`mailbox_full`).
   */
  persist(events: readonly unknown[]): Promise<void> {
    const { loss } = this.#ports;
    if (loss.failure) throw loss.failure;
    const { values, bytes } = this.#encoded(events);
    const stored = new Promise<void>((resolve, reject) => {
      this.#pending.push({ values, bytes, resolve, reject });
    });
    this.#pendingEvents += events.length;
    // A handler that does not wait for it hears of a failure nevertheless: its actor crashes.
    stored.catch(() => {});
    if (!this.#isWriting) {
      this.#isWriting = true;
      queueMicrotask(() => void this.#writeAll());
    }
    return stored;
  }

  #encoded(events: readonly unknown[]): { values: readonly StoredValue[]; bytes: number } {
    const { codec, claim, schemaVersion } = this.#ports;
    const { persistenceId } = claim;
    if (events.length === 0) throw new Failure("invalid", "persist what? give it an event");
    if (this.#pendingEvents + events.length > pendingEventsMax && this.#pendingEvents > 0) {
      const text = `${this.#pendingEvents} events of ${persistenceId} wait for the store; await persist before the next`;
      throw new Failure("mailbox_full", text);
    }
    const terms = { what: `an event of ${persistenceId}`, bytesMax: eventBytesMax };
    const values = events.map((event) => ({ schemaVersion, bytes: codec.encode(event, terms) }));
    const bytes = values.reduce((sum, value) => sum + value.bytes.byteLength, 0);
    if (events.length > appendEventsMax || bytes > appendBytesMax) {
      const text = `${events.length} events of ${bytes} bytes at once, at most ${appendEventsMax} of ${appendBytesMax}: persist them in parts`;
      throw new Failure("too_large", text);
    }
    return { values, bytes };
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const groups = this.#nextGroups();
      try {
        await this.#write(groups);
      } catch (cause) {
        this.#fail(Failure.of(cause, "store_failed"), groups);
      }
    }
    this.#isWriting = false;
  }

  /** Whole groups, as many as one append takes. */
  #nextGroups(): readonly Group[] {
    let events = 0;
    let bytes = 0;
    const end = this.#pending.findIndex((group) => {
      events += group.values.length;
      bytes += group.bytes;
      return events > appendEventsMax || bytes > appendBytesMax;
    });
    return this.#pending.splice(0, end === -1 ? this.#pending.length : end);
  }

  async #write(groups: readonly Group[]): Promise<void> {
    const { journal, claim, advanced } = this.#ports;
    const { persistenceId, fence } = claim;
    const expectedVersion = this.#version;
    const events = groups.flatMap((group) => group.values);
    const version = await journal.append({ persistenceId, fence, expectedVersion, events });
    invariant(version === expectedVersion + events.length, "an append adds its events");
    let bytes = 0;
    for (const group of groups) {
      for (const value of group.values) this.#apply(value);
      this.#pendingEvents -= group.values.length;
      bytes += group.bytes;
    }
    advanced(events.length, bytes);
    for (const group of groups) group.resolve();
  }

  /** What is applied is what was stored, not what its maker may have changed since. */
  #apply({ bytes }: StoredValue): void {
    const { codec, claim, apply } = this.#ports;
    const sequence = this.#version + 1;
    apply(codec.decode(bytes, `event ${sequence} of ${claim.persistenceId}`), sequence);
    this.#version = sequence;
  }

  /** What is stored is not known, or not what this actor knows: it must not go on. */
  #fail(failure: Failure, groups: readonly Group[]): void {
    this.#ports.loss.declare(failure);
    for (const group of [...groups, ...this.#pending]) group.reject(failure);
    this.#pending = [];
    this.#pendingEvents = 0;
  }
}
