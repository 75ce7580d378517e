// What everything that carries messages between two engines promises, on each medium there is.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { media } from "./contract-media.ts";
import type { End, Medium, Pair } from "./medium.ts";

const limit = { timeout: 120_000 } as const;
const links = media.filter(({ isLink }) => isLink);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

async function onEach(
  context: TestContext,
  chosen: readonly Medium[],
  act: (pair: Pair, context: TestContext) => Promise<void>,
): Promise<void> {
  for (const medium of chosen) {
    await context.test(medium.name, { timeout: 60_000 }, async (each) => {
      await act(await medium.open(each), each);
    });
  }
}

async function sendAll(from: End, values: Iterable<unknown>): Promise<void> {
  let count = 0;
  for (const value of values) {
    while (from.send(value) !== "accepted") await from.turn();
    if (++count % 500 === 0) await from.turn();
  }
}

test("messages arrive once and in order, both ways at a time", limit, async (context) => {
  await onEach(context, media, async ({ a, b }) => {
    const sent = numbers(10_000);
    await Promise.all([sendAll(a, sent), sendAll(b, sent)]);
    await a.until(() => a.heard.received.length >= sent.length);
    await b.until(() => b.heard.received.length >= sent.length);
    assert.deepEqual(b.heard.received, sent);
    assert.deepEqual(a.heard.received, sent);
  });
});

test("payloads of any size arrive whole, and nothing overtakes them", limit, async (context) => {
  const { bulkBytesMin, chunkBytes } = linkLimits;
  const { payloadBytesMin } = limits;
  const around = (size: number) => [size - 1, size, size + 1];
  const sizes = [
    ...[0, 1],
    ...around(payloadBytesMin),
    ...around(bulkBytesMin),
    ...around(3 * chunkBytes),
    5_000_000,
  ];
  await onEach(context, media, async ({ a, b }) => {
    const values = sizes.flatMap((size, index) => [
      { index, bytes: new Uint8Array(size).fill(index + 1) },
      `behind ${size}`,
    ]);
    await sendAll(a, values);
    await b.until(() => b.heard.received.length >= values.length);
    const seen = (value: unknown): string => {
      if (typeof value !== "object" || value === null || !("bytes" in value)) return String(value);
      const { bytes } = value;
      assert(bytes instanceof Uint8Array);
      return `${bytes.length} of ${bytes.length === 0 ? "none" : `${bytes.at(0)} to ${bytes.at(-1)}`}`;
    };
    assert.deepEqual(b.heard.received.map(seen), values.map(seen));
  });
});

test(
  "a sender that never waits is told when too much does, and loses nothing",
  limit,
  async (context) => {
    await onEach(context, media, async ({ a, b }) => {
      let accepted = 0;
      while (a.send(accepted) === "accepted") accepted += 1;
      assert.equal(a.send(-1), "link_full");
      assert(accepted <= limits.linkMessagesMax, `${accepted} were taken`);
      await b.until(() => b.heard.received.length >= accepted);
      while (a.send(accepted) !== "accepted") await a.turn();
      await b.until(() => b.heard.received.length > accepted);
      assert.deepEqual(b.heard.received, numbers(accepted + 1));
    });
  },
);

test(
  "a receiver that takes nothing holds its sender back, until it does",
  limit,
  async (context) => {
    await onEach(context, links, async ({ a, b }) => {
      const { creditMessages } = linkLimits;
      const count = 95_000;
      b.heard.isKeeping = true;
      for (const number of numbers(count)) assert.equal(a.send(number), "accepted");
      // Whole batches: the last that fits may leave some of the credit unused.
      await b.until(() => b.heard.received.length > creditMessages / 2);
      for (let turn = 0; turn < 50; turn += 1) await a.turn();
      const kept = b.heard.received.length;
      assert(kept <= creditMessages, `${kept} were sent to one who takes ${creditMessages}`);
      assert.equal(b.links?.statistics()?.messagesKept, kept);
      assert.deepEqual(a.heard.congestion, ["congested b"]);
      b.links?.release();
      await b.until(() => b.heard.received.length === count);
      await a.until(() => a.heard.congestion.length === 2);
      assert.deepEqual(a.heard.congestion, ["congested b", "eased b"]);
      assert.deepEqual(b.heard.received, numbers(count));
    });
  },
);

test("cut again and again: once, in order, nothing missing", limit, async (context) => {
  const cuttable = media.filter(({ canBeCut }) => canBeCut);
  await onEach(context, cuttable, async ({ a, b, cut }) => {
    assert(cut);
    const count = 6_000;
    let cuts = 0;
    a.send(-1);
    await b.until(() => b.heard.received.length === 1);
    b.send(-1);
    await a.until(() => a.heard.received.length === 1);
    // Something gets through between two cuts: a link that never comes to be is another matter.
    for (let from = 0; from < count; from += 1_000) {
      const part = numbers(1_000).map((offset) => from + offset);
      const wanted = from + part.length + 1;
      await Promise.all([sendAll(a, part), sendAll(b, part)]);
      cuts += cut();
      await a.until(() => a.heard.received.length >= wanted);
      await b.until(() => b.heard.received.length >= wanted);
    }
    const all = [-1, ...numbers(count)];
    assert.deepEqual(b.heard.received, all);
    assert.deepEqual(a.heard.received, all);
    assert.deepEqual([a.heard.events, b.heard.events], [["up b~1"], ["up a~1"]]);
    assert(cuts >= 6, `${cuts} connections were cut`);
    assert((a.links?.statistics()?.connections ?? 0) > 3, "the link was made anew");
  });
});

test(
  "whoever stops says goodbye: its peer knows at once, and delivers nothing more",
  limit,
  async (context) => {
    await onEach(context, links, async ({ a, b }) => {
      a.send(1);
      await b.until(() => b.heard.received.length === 1);
      await b.stop(1_000);
      await a.until(() => a.heard.events.length === 2);
      assert.deepEqual(a.heard.events, ["up b~1", "down b~1 lost 0"]);
      assert.equal(a.send(2, { name: "b", incarnation: 1 }), "node_down");
    });
  },
);

test("stopping ends in the midst of traffic", limit, async (context) => {
  await onEach(context, media, async ({ a, b }) => {
    for (const number of numbers(20_000)) {
      a.send(number);
      b.send(number);
    }
    await a.turn();
    await a.stop(300);
    await b.stop(300);
  });
});

test("stopping ends though the peer cannot be reached", limit, async (context) => {
  for (const { name, openAlone } of links) {
    await context.test(name, { timeout: 30_000 }, async (each) => {
      const alone = await openAlone?.(each);
      assert.equal(alone?.send("to nobody"), "accepted");
      await alone.stop(200);
    });
  }
});

test(
  "an unknown name is not found, one that nobody bears is reported down",
  limit,
  async (context) => {
    for (const { name, openAlone } of links) {
      await context.test(name, { timeout: 30_000 }, async (each) => {
        const alone = await openAlone?.(each);
        assert(alone);
        assert.equal(alone.send(1, { name: "c", incarnation: 0 }), "not_found");
        assert.equal(alone.send(1, { name: "a", incarnation: 0 }), "not_found");
        assert.equal(alone.send(1), "accepted");
        await alone.until(() => alone.heard.events.length === 1);
        assert.deepEqual(alone.heard.events, ["down b~0 lost 1"]);
      });
    }
  },
);

test(
  "what cannot travel is refused with its place, and the others go on",
  limit,
  async (context) => {
    await onEach(context, media, async ({ a, b }) => {
      a.send(1);
      assert.throws(() => a.send({ list: [0, { callback: () => 1 }] }), /list.*1.*callback/);
      if (a.links) assert.equal(a.send("x".repeat(limits.frameBytesMax + 1)), "too_large");
      a.send(2);
      await b.until(() => b.heard.received.length === 2);
      assert.deepEqual(b.heard.received, [1, 2]);
    });
  },
);

test("what goes over a link is counted at both ends", limit, async (context) => {
  await onEach(context, links, async ({ a, b }) => {
    const count = 3_000;
    await sendAll(a, numbers(count));
    await b.until(() => b.heard.received.length === count);
    b.send("back");
    await a.until(() => a.heard.received.length === 1);
    while (a.links?.statistics()?.messagesWaiting !== 0) await a.turn();
    const sent = a.links.statistics();
    const received = b.links?.statistics();
    assert.equal(sent?.messagesSent, count);
    assert.equal(sent?.messagesReceived, 1);
    assert.equal(sent?.bytesWaiting, 0);
    assert.equal(sent?.state, "open");
    assert.equal(received?.messagesReceived, count);
    assert.deepEqual(received?.peer, { name: "a", incarnation: 1 });
    assert((sent?.connections ?? 0) >= 1);
  });
});
