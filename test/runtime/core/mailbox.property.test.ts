// A mailbox does what a list does: for each policy a naive model says who stays and who gives way.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MailboxSpec, WhenFull } from "#runtime/core/actor-class.ts";
import { Mailbox, type Message } from "#runtime/core/mailbox.ts";

/** A waiting message as the models see it: `name` is unique. */
interface Waiting {
  readonly name: string;
  readonly isOwn: boolean;
}

/** Takes a message into a full list; answers who gives way. A policy is added here in one line. */
const givesWay: Readonly<Record<WhenFull, (list: Waiting[], newest: Waiting) => Waiting>> = {
  reject: (_list, newest) => newest,
  "drop-oldest": (list, newest) => {
    const [oldest = newest] = list.splice(0, 1);
    list.push(newest);
    return oldest;
  },
};
const policies: readonly WhenFull[] = ["reject", "drop-oldest"];

class NaiveMailbox {
  readonly list: Waiting[] = [];
  readonly signals: string[] = [];
  readonly #spec: MailboxSpec;

  constructor(spec: MailboxSpec) {
    this.#spec = spec;
  }

  offer(message: Waiting): string | undefined {
    if (!message.isOwn && this.list.length >= this.#spec.capacity) {
      return givesWay[this.#spec.whenFull](this.list, message).name;
    }
    this.list.push(message);
    return undefined;
  }
}

const messageOf = (name: string): Message => ({
  method: name,
  args: [],
  reply: undefined,
  ticket: undefined,
});
const signalOf = (name: string) => ({
  kind: "terminated" as const,
  ref: {
    $: {
      address: { node: { name, incarnation: 1 }, path: "/a", uid: 1 },
      protocolId: "",
      toString: () => name,
    },
  },
  exit: { kind: "stopped" as const },
});

const acts = fc.array(
  fc.constantFrom("offer", "offer", "offer", "own", "signal", "take", "take", "takeSignal"),
  { maxLength: 200 },
);
const specs = fc.record({
  capacity: fc.integer({ min: 1, max: 9 }),
  whenFull: fc.constantFrom(...policies),
});

function perform(spec: MailboxSpec, plan: readonly string[]): void {
  const mailbox = new Mailbox(spec);
  const model = new NaiveMailbox(spec);
  const accounts = { in: 0, out: 0, dead: 0 };
  for (const [index, act] of plan.entries()) {
    const name = `m${index}`;
    if (act === "offer") {
      const left = mailbox.offer(messageOf(name));
      assert.equal(left?.method, model.offer({ name, isOwn: false }), "who gives way");
      accounts.in += 1;
      accounts.dead += left ? 1 : 0;
    } else if (act === "own") {
      mailbox.offerOwn(messageOf(name));
      model.offer({ name, isOwn: true });
      accounts.in += 1;
    } else if (act === "signal") {
      mailbox.signal(signalOf(name));
      model.signals.push(name);
    } else if (act === "take") {
      const taken = mailbox.takeMessage();
      assert.equal(taken?.method, model.list.shift()?.name, "who is next");
      accounts.out += taken ? 1 : 0;
    } else {
      assert.equal(mailbox.takeSignal()?.ref.$.toString(), model.signals.shift());
    }
    assert.equal(mailbox.depth, model.list.length + model.signals.length);
    assert.equal(accounts.in, accounts.out + accounts.dead + model.list.length);
  }
}

test("a mailbox keeps, drops and hands out what its model does, and loses nothing unseen", () => {
  fc.assert(fc.property(specs, acts, perform), { numRuns: 500, includeErrorInReport: true });
});

test("at its bound, one below and one above, each policy does what its name says", () => {
  const left = (whenFull: WhenFull, count: number): readonly (string | undefined)[] => {
    const mailbox = new Mailbox({ capacity: 2, whenFull });
    return Array.from(
      { length: count },
      (_, index) => mailbox.offer(messageOf(`${index}`))?.method,
    );
  };
  assert.deepEqual(left("reject", 2), [undefined, undefined]);
  assert.deepEqual(left("reject", 3), [undefined, undefined, "2"]);
  assert.deepEqual(left("drop-oldest", 4), [undefined, undefined, "0", "1"]);
});
