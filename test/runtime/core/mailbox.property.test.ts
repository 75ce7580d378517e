// A mailbox does what a list does: for each policy a naive model says who stays and who gives way.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Selector } from "#protocols/selector.ts";
import type { MailboxSpec, WhenFull } from "#runtime/core/actor-class.ts";
import { type Mailbox, PlainMailbox } from "#runtime/core/mailbox.ts";
import { messageBytes } from "#runtime/core/message-bytes.ts";
import type { Taken } from "#runtime/core/message-queue.ts";
import { admissionTo } from "#runtime/core/overflow.ts";
import { RankedMailbox } from "#runtime/core/ranked-mailbox.ts";

/** A waiting message as the model sees it; `name` is unique. */
interface Waiting {
  readonly name: string;
  readonly rank: number;
  readonly bytes: number;
}

/** One list in the order of arrival, searched anew for each question. */
class NaiveMailbox {
  list: Waiting[] = [];
  readonly #spec: MailboxSpec;

  constructor(spec: MailboxSpec) {
    this.#spec = spec;
  }

  /** Who gives way, in order; the newcomer's own name when it is refused. */
  offer(message: Waiting): readonly string[] {
    const { whenFull } = this.#spec;
    const left: string[] = [];
    const before = [...this.list];
    while (!this.#fits(message, whenFull === "backpressure" ? 2 : 1)) {
      const victim = this.#victim(message);
      if (victim === undefined) {
        this.list = before;
        return [message.name];
      }
      this.list = this.list.filter((waiting) => waiting !== victim);
      left.push(victim.name);
    }
    this.list.push(message);
    return left;
  }

  take(): Waiting | undefined {
    const first = this.#sorted[0];
    this.list = this.list.filter((waiting) => waiting !== first);
    return first;
  }

  get bytes(): number {
    return this.list.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get #sorted(): readonly Waiting[] {
    return this.list.toSorted((one, other) => one.rank - other.rank);
  }

  #fits({ bytes }: Waiting, factor: number): boolean {
    const { capacity, bytesMax = Number.POSITIVE_INFINITY } = this.#spec;
    const { length } = this.list;
    return length < capacity * factor && (length === 0 || this.bytes + bytes <= bytesMax * factor);
  }

  #victim(newcomer: Waiting): Waiting | undefined {
    const lowest = this.list.filter(({ rank }) => rank === this.#sorted.at(-1)?.rank);
    if (this.#spec.whenFull === "drop-oldest") return lowest[0];
    const isLower = (lowest[0]?.rank ?? -1) > newcomer.rank;
    return this.#spec.whenFull === "drop-lowest-priority" && isLower ? lowest.at(-1) : undefined;
  }
}

const ranks = [0, 1, 2, 3, 4, 5, 6, 7];
const priorities = Object.fromEntries(ranks.map((rank) => [`r${rank}`, rank]));
const selectors = ranks.map((rank) => new Selector(`r${rank}`, rank, 1, false));

const specs: fc.Arbitrary<MailboxSpec> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 9 }),
    bytesMax: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
    whenFull: fc.constantFrom<WhenFull>(
      "reject",
      "drop-oldest",
      "drop-lowest-priority",
      "backpressure",
    ),
    isRanked: fc.boolean(),
  })
  .map(({ capacity, bytesMax, whenFull, isRanked }) => ({
    capacity,
    whenFull,
    ...(bytesMax !== undefined && { bytesMax }),
    ...((isRanked || whenFull === "drop-lowest-priority") && { priorities }),
  }));

const acts = fc.array(
  fc.record({
    kind: fc.constantFrom("offer", "offer", "offer", "own", "take", "take", "back", "spoil"),
    rank: fc.constantFrom(...ranks),
    size: fc.integer({ min: 0, max: 120 }),
  }),
  { maxLength: 150 },
);
type Act = typeof acts extends fc.Arbitrary<(infer A)[]> ? A : never;

/** As `full-mailbox.ts` does it: who gave way. */
function offer(spec: MailboxSpec, mailbox: Mailbox, selector: Selector, payload: unknown) {
  const spill: Taken = { payload: undefined, origin: undefined };
  const newcomer = { selector, bytes: messageBytes(payload) };
  const left: unknown[] = [];
  for (;;) {
    const admission = admissionTo(spec, mailbox, newcomer);
    if (admission === "refuse") return [...left, payload];
    if (admission === "oldest" || admission === "newest") {
      assert.ok(mailbox.drop(admission, spill), "whoever gives way was there");
      left.push(spill.payload);
    } else {
      mailbox.push(selector, payload, undefined);
      return left;
    }
  }
}

function perform(spec: MailboxSpec, plan: readonly Act[]): void {
  const isRanked = spec.priorities !== undefined;
  const mailbox =
    isRanked || spec.bytesMax !== undefined ? new RankedMailbox(spec) : new PlainMailbox();
  const model = new NaiveMailbox(spec);
  const taken: Taken = { payload: undefined, origin: undefined };
  const nameOf = (payload: unknown): unknown => Array.isArray(payload) && payload[0];
  const payloads: unknown[][] = [];
  for (const [index, { kind, rank, size }] of plan.entries()) {
    const selector = selectors[rank];
    if (selector === undefined) continue;
    const payload = [`m${index}`, new Uint8Array(size)];
    const bytes = spec.bytesMax === undefined ? 0 : messageBytes(payload);
    const message = { name: `m${index}`, rank: isRanked ? rank : 4, bytes };
    if (kind === "offer") {
      payloads.push(payload);
      const left = offer(spec, mailbox, selector, payload);
      assert.deepEqual(left.map(nameOf), model.offer(message), "who gives way");
    } else if (kind === "own") {
      mailbox.push(selector, payload, undefined);
      model.list.push(message);
    } else if (kind === "back") {
      mailbox.unshift(selector, payload, undefined);
      model.list.unshift(message);
    } else if (kind === "spoil") {
      // Its sender goes on to write into a message that waits.
      payloads.pop()?.push(new Uint8Array(10_000));
    } else {
      const first = mailbox.first;
      const got = mailbox.take(taken);
      assert.equal(got, first, "what was seen first is taken first");
      assert.equal(got && nameOf(taken.payload), model.take()?.name, "who is next");
    }
    assert.equal(mailbox.length, model.list.length);
    assert.equal(mailbox.bytes, model.bytes);
  }
}

test("a mailbox keeps, drops and hands out what its model does, and loses nothing unseen", () => {
  fc.assert(fc.property(specs, acts, perform), { numRuns: 2_000, includeErrorInReport: true });
});

test("at its bound, one below and one above, each policy does what its name says", () => {
  const left = (whenFull: WhenFull, methods: string) => {
    const spec: MailboxSpec = { capacity: 2, whenFull, priorities };
    const mailbox = new RankedMailbox(spec);
    return [...methods].flatMap((rank, index) => {
      const selector = selectors[Number(rank)];
      return selector ? offer(spec, mailbox, selector, `${index}`) : [];
    });
  };
  assert.deepEqual(left("reject", "44"), []);
  assert.deepEqual(left("reject", "440"), ["2"]);
  assert.deepEqual(left("drop-oldest", "4444"), ["0", "1"]);
  assert.deepEqual(left("drop-lowest-priority", "474"), ["1"]);
  assert.deepEqual(left("drop-lowest-priority", "477"), ["2"]);
  assert.deepEqual(left("drop-lowest-priority", "440"), ["1"]);
  assert.deepEqual(left("backpressure", "4444"), []);
  assert.deepEqual(left("backpressure", "44444"), ["4"]);
});

test("a message counts all that it holds, once, and refs for nothing but themselves", () => {
  const flat = 16;
  const loop: unknown[] = ["ab"];
  loop.push(loop, loop);
  assert.equal(messageBytes(undefined), flat);
  assert.equal(messageBytes("abc"), flat + 6);
  assert.equal(messageBytes(new Uint8Array(100)), flat + 100);
  assert.equal(messageBytes({ a: 1, b: "x" }), 3 * flat + 2);
  assert.equal(messageBytes(new Map([["k", new Uint8Array(10)]])), 3 * flat + 2 + 10);
  assert.equal(messageBytes(new Set([1, 2])), 3 * flat);
  assert.equal(messageBytes(loop), 4 * flat + 4);
  assert.equal(messageBytes({ $: { text: "x" } }), 3 * flat + 2, "what only looks like a ref");
});

test("methods that bear the names of what all objects have are ranked like others", () => {
  const mailbox = new RankedMailbox({ capacity: 9, whenFull: "reject", priorities: { a: 0 } });
  for (const name of ["toString", "constructor", "__proto__"]) {
    mailbox.push(new Selector(name, 0, 0, false), undefined, undefined);
  }
  assert.equal(mailbox.length, 3);
  assert.equal(mailbox.take({ payload: undefined, origin: undefined })?.name, "toString");
});
