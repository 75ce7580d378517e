// The last events of each actor, so that a crash can be told with what came before it.
//
//   actor ──► index ──► slots index·N … index·N + N-1, written round and round
//
//            method  sender  begun  ended  end  kind  size  payload      one column each
//   slot 0   add     /a      12.1   12.2   done number      (let go)
//   slot 1   add     /b      12.4          open string 21   held
//
// All columns are made at the start; recording writes into them and makes nothing. A payload is held
// while its handler runs, and on when that crashed; of the others only type and size stay.
//
// Bounded: `actorsMax` actors of `eventsPerActor` events. When full, the next actor gets the place of
// one that has recorded nothing since the last sweep (second chance, as in a page cache).
//
// Hot: observation/observer-cost.
import { Failure } from "#protocols/failure.ts";
import type {
  HandlingEnd,
  ObservedActor,
  ObservedMessage,
  ObservedSender,
} from "#runtime/core/observer.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { ObserverPart } from "./observers.ts";
import { quickKind, quickSize, quickText } from "./quick-shape.ts";
import type { RecordedEvent } from "./recorded-event.ts";
import { wholeNumber } from "./whole-number.ts";

export interface FlightRecorderOptions {
  /** Stamps may be a little old: a `PassClock` costs least. */
  readonly clock: Pick<Clock, "now">;
  /** A power of two. Default: 16. */
  readonly eventsPerActor?: number;
  /** Actors that have events. Full: see above. Default: 1024. */
  readonly actorsMax?: number;
  /** Whose payloads are held: those in progress and crashed, or all that stand here. Default: `failed`. */
  readonly payloads?: "failed" | "all";
}

const eventsPerActorMax = 1_024;
const slotsMax = 4 * 1024 * 1024;
const askBit = 16;
const kindMask = 15;
/** Numbers of events stay small integers, which cost nothing as tokens. */
const numberMask = 0x3fff_ffff;
const noNumber = -1;

const ends = ["open", "done", "refused", "crashed", "left-behind", "put-aside"] as const;
const endCode: Readonly<Record<HandlingEnd, number>> = {
  done: 1,
  refused: 2,
  crashed: 3,
  "left-behind": 4,
  "put-aside": 5,
};
const restartedCode = 6;
const failedCode = 7;

export class FlightRecorder implements ObserverPart {
  readonly #clock: Pick<Clock, "now">;
  readonly #perActor: number;
  readonly #holdsAll: boolean;
  readonly #indexes = new Map<ObservedActor, number>();
  // One entry an actor's place.
  readonly #actors: (ObservedActor | undefined)[];
  readonly #lastNumbers: Int32Array;
  readonly #isRecent: Uint8Array;
  readonly #free: number[] = [];
  // One entry a slot.
  readonly #numbers: Int32Array;
  readonly #methods: string[];
  readonly #senders: (ObservedSender | undefined)[];
  readonly #payloads: unknown[];
  readonly #begins: Float64Array;
  readonly #endings: Float64Array;
  readonly #ends: Uint8Array;
  readonly #kinds: Uint8Array;
  readonly #sizes: Float64Array;
  #hand = 0;
  #placesTaken = 0;
  #lastActor: ObservedActor | undefined;
  #lastIndex = 0;
  /** Actors whose events were let go to make room. */
  evicted = 0;

  constructor(options: FlightRecorderOptions) {
    const { clock, eventsPerActor = 16, actorsMax = 1_024, payloads = "failed" } = options;
    checkSizes(eventsPerActor, actorsMax);
    const slots = eventsPerActor * actorsMax;
    this.#clock = clock;
    this.#perActor = eventsPerActor;
    this.#holdsAll = payloads === "all";
    this.#actors = new Array<undefined>(actorsMax).fill(undefined);
    this.#lastNumbers = new Int32Array(actorsMax);
    this.#isRecent = new Uint8Array(actorsMax);
    this.#numbers = new Int32Array(slots).fill(noNumber);
    this.#methods = new Array<string>(slots).fill("");
    this.#senders = new Array<undefined>(slots).fill(undefined);
    this.#payloads = new Array<unknown>(slots).fill(undefined);
    this.#begins = new Float64Array(slots);
    this.#endings = new Float64Array(slots);
    this.#ends = new Uint8Array(slots);
    this.#kinds = new Uint8Array(slots);
    this.#sizes = new Float64Array(slots);
  }

  /** Actors that have events. */
  get actors(): Iterable<ObservedActor> {
    return this.#indexes.keys();
  }

  /** What happened to the actor, oldest first. */
  eventsOf(actor: ObservedActor): readonly RecordedEvent[] {
    const index = this.#indexes.get(actor);
    if (index === undefined) return [];
    const last = this.#lastNumbers[index] ?? 0;
    const events: RecordedEvent[] = [];
    for (let back = this.#perActor - 1; back >= 0; back -= 1) {
      const slot = this.#slotOf(index, last - back);
      if (this.#numbers[slot] === ((last - back) & numberMask)) events.push(this.#eventAt(slot));
    }
    return events;
  }

  // ---- hooks

  handling(actor: ObservedActor, method: string, message: ObservedMessage): number {
    const slot = this.#nextSlot(actor);
    const { payload } = message;
    const kind = quickKind(payload);
    this.#methods[slot] = method;
    this.#senders[slot] = message.from;
    this.#payloads[slot] = payload;
    this.#ends[slot] = 0;
    this.#kinds[slot] = message.isAsk ? kind | askBit : kind;
    this.#sizes[slot] = quickSize(payload, kind);
    return this.#numbers[slot] ?? noNumber;
  }

  handled(actor: ObservedActor, _method: string, end: HandlingEnd, token: unknown): void {
    const index = actor === this.#lastActor ? this.#lastIndex : this.#indexes.get(actor);
    if (index === undefined || typeof token !== "number") return;
    const slot = this.#slotOf(index, token);
    // Many events later the slot may belong to another message.
    if (this.#numbers[slot] !== token) return;
    this.#ends[slot] = endCode[end];
    this.#endings[slot] = this.#clock.now();
    if (!this.#holdsAll && end !== "crashed") this.#payloads[slot] = undefined;
  }

  crashed(actor: ObservedActor, _failure: Failure, during: string): void {
    const index = this.#indexes.get(actor);
    if (index !== undefined) {
      const slot = this.#slotOf(index, this.#lastNumbers[index] ?? 0);
      if (this.#ends[slot] === endCode.crashed && this.#methods[slot] === during) return;
    }
    this.#mark(actor, failedCode, during);
  }

  restarted(actor: ObservedActor): void {
    this.#mark(actor, restartedCode, "");
  }

  ended(actor: ObservedActor): void {
    const index = this.#indexes.get(actor);
    if (index === undefined) return;
    this.#clear(index, actor);
    this.#free.push(index);
  }

  // ---- slots and places

  #mark(actor: ObservedActor, code: number, text: string): void {
    const slot = this.#nextSlot(actor);
    this.#methods[slot] = text;
    this.#senders[slot] = undefined;
    this.#payloads[slot] = undefined;
    this.#ends[slot] = code;
  }

  #nextSlot(actor: ObservedActor): number {
    let index = this.#lastIndex;
    if (actor !== this.#lastActor) {
      index = this.#indexes.get(actor) ?? this.#place(actor);
      this.#lastActor = actor;
      this.#lastIndex = index;
    }
    const number = ((this.#lastNumbers[index] ?? 0) + 1) & numberMask;
    this.#lastNumbers[index] = number;
    this.#isRecent[index] = 1;
    const slot = this.#slotOf(index, number);
    this.#numbers[slot] = number;
    this.#begins[slot] = this.#clock.now();
    return slot;
  }

  #slotOf(index: number, number: number): number {
    return index * this.#perActor + (number & (this.#perActor - 1));
  }

  #place(actor: ObservedActor): number {
    const index = this.#free.pop() ?? this.#placeUnused() ?? this.#placeTakenAway();
    this.#actors[index] = actor;
    this.#indexes.set(actor, index);
    // Far from the numbers that other places give now, so that a late end is not taken for another's.
    this.#placesTaken += 1;
    this.#lastNumbers[index] = (this.#placesTaken * 0x1_0000) & numberMask;
    return index;
  }

  #placeUnused(): number | undefined {
    const index = this.#hand;
    if (this.#indexes.size >= this.#actors.length || this.#actors[index] !== undefined) {
      return undefined;
    }
    this.#hand = (index + 1) % this.#actors.length;
    return index;
  }

  #placeTakenAway(): number {
    for (;;) {
      const index = this.#hand;
      this.#hand = (index + 1) % this.#actors.length;
      const actor = this.#actors[index];
      // Each step takes one chance away, so two rounds are enough.
      if (actor !== undefined && this.#isRecent[index] === 0) {
        this.#clear(index, actor);
        this.evicted += 1;
        return index;
      }
      this.#isRecent[index] = 0;
    }
  }

  #clear(index: number, actor: ObservedActor): void {
    this.#indexes.delete(actor);
    this.#actors[index] = undefined;
    if (this.#lastActor === actor) this.#lastActor = undefined;
    const first = index * this.#perActor;
    this.#numbers.fill(noNumber, first, first + this.#perActor);
    this.#senders.fill(undefined, first, first + this.#perActor);
    this.#payloads.fill(undefined, first, first + this.#perActor);
  }

  #eventAt(slot: number): RecordedEvent {
    const code = this.#ends[slot] ?? 0;
    const method = this.#methods[slot] ?? "";
    const beginMs = this.#begins[slot] ?? 0;
    if (code === restartedCode) return { kind: "restarted", atMs: beginMs };
    if (code === failedCode) return { kind: "failed", during: method, atMs: beginMs };
    const kind = this.#kinds[slot] ?? 0;
    const end = ends[code] ?? "open";
    return {
      kind: "handling",
      method,
      sender: this.#senders[slot]?.address,
      isAsk: (kind & askBit) !== 0,
      beginMs,
      end,
      endMs: end === "open" ? undefined : this.#endings[slot],
      payload: quickText(kind & kindMask, this.#sizes[slot] ?? 0),
      held: this.#isHeld(end) ? { value: this.#payloads[slot] } : undefined,
    };
  }

  #isHeld(end: HandlingEnd | "open"): boolean {
    return this.#holdsAll || end === "open" || end === "crashed";
  }
}

function checkSizes(eventsPerActor: number, actorsMax: number): void {
  const isPowerOfTwo =
    Number.isInteger(eventsPerActor) &&
    eventsPerActor >= 1 &&
    (eventsPerActor & (eventsPerActor - 1)) === 0;
  if (!isPowerOfTwo || eventsPerActor > eventsPerActorMax) {
    const text = `eventsPerActor is ${eventsPerActor}; give a power of two up to ${eventsPerActorMax}`;
    throw new Failure("invalid", text);
  }
  wholeNumber("actorsMax", actorsMax, { most: slotsMax / eventsPerActor });
}
