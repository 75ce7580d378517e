import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { formatTraceparent, isSampled, parseTraceparent } from "#protocols/trace-context.ts";
import { SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { type FinishedSpan, spansTo } from "#runtime/observation/span-writer.ts";
import { Tracing } from "#runtime/observation/tracing.ts";
import { actorAt, HandClock, messageOf } from "./observed-stage.ts";

const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16), flags: 1 };

function stage(sampledShare = 1) {
  const spans: FinishedSpan[] = [];
  const clock = new HandClock();
  const random = new SeededRandom(seedFrom(1));
  const tracing = new Tracing({
    sink: spansTo((span) => spans.push(span), random),
    clock,
    random,
    sampledShare,
  });
  return { spans, clock, tracing, actor: actorAt("/a") };
}

test("a message without context begins a trace, and one with a context is its child", () => {
  const { spans, clock, tracing, actor } = stage();
  const first = tracing.handling(actor, "add", messageOf({ isAsk: true }));
  const sent = tracing.sending(actor, "next", first);
  assert.ok(sent);
  assert.deepEqual(parseTraceparent(formatTraceparent(sent)), sent);
  clock.pass(3);
  tracing.handled(actor, "add", "done", first);
  const second = tracing.handling(actorAt("/b"), "next", messageOf({ trace: sent }));
  clock.pass(2);
  tracing.handled(actor, "next", "refused", second);
  const [root, child] = spans;
  assert.ok(root && child);
  assert.deepEqual(
    [root.parent, root.context, root.kind, root.durationMs, root.end, root.actor],
    [undefined, sent, "ask", 3, "done", { path: "/a", node: "test" }],
  );
  assert.deepEqual(
    [child.parent, child.method, child.durationMs, child.end],
    [sent, "next", 2, "refused"],
  );
  assert.equal(child.context.traceId, root.context.traceId);
  assert.notEqual(child.context.spanId, root.context.spanId);
  assert.equal(child.startWallMs, clock.wall() - 2);
});

test("a trace that is not sampled makes no spans and goes on as it came", () => {
  const { spans, tracing, actor } = stage();
  const trace = { ...parent, flags: 0 };
  const token = tracing.handling(actor, "add", messageOf({ trace }));
  assert.deepEqual(tracing.sending(actor, "next", token), trace);
  tracing.handled(actor, "add", "done", token);
  assert.deepEqual(spans, []);
});

test("a new trace that is not sampled bears one context that says so", () => {
  const { spans, tracing, actor } = stage(0);
  const token = tracing.handling(actor, "add", messageOf());
  const sent = tracing.sending(actor, "next", token);
  assert.ok(sent && !isSampled(sent));
  assert.equal(tracing.sending(actor, "next", token), sent);
  tracing.handled(actor, "add", "done", token);
  assert.deepEqual(spans, []);
});

test("about the given share of new traces is sampled, and none is decided twice", () => {
  const { spans, tracing, actor } = stage(0.25);
  for (let count = 0; count < 2_000; count += 1) {
    tracing.handled(actor, "add", "done", tracing.handling(actor, "add", messageOf()));
  }
  assert.ok(spans.length > 400 && spans.length < 600, `${spans.length}`);
  const before = spans.length;
  tracing.handled(
    actor,
    "add",
    "done",
    tracing.handling(actor, "add", messageOf({ trace: parent })),
  );
  assert.equal(spans.length, before + 1);
});

test("a crashed span says what the handler threw", () => {
  const { spans, tracing, actor } = stage();
  const failure = new Failure("corrupt", "bad");
  tracing.handled(actor, "add", "crashed", tracing.handling(actor, "add", messageOf()));
  assert.equal(spans.length, 0);
  tracing.crashed(actor, failure);
  assert.deepEqual([spans[0]?.end, spans[0]?.failure], ["crashed", failure]);
});

test("a crash that is not reported, or another actor's, ends the span without a failure", () => {
  const { spans, tracing, actor } = stage();
  const crash = (): void =>
    tracing.handled(actor, "add", "crashed", tracing.handling(actor, "add", messageOf()));
  crash();
  tracing.crashed(actorAt("/other"), new Failure("corrupt", "bad"));
  crash();
  crash();
  tracing.flush();
  tracing.flush();
  assert.deepEqual(
    spans.map(({ end, failure }) => [end, failure]),
    Array(3).fill(["crashed", undefined]),
  );
});

test("what is sent from outside bears the context given, and only within", async () => {
  const { tracing } = stage();
  const sending = () => tracing.sending(undefined, "add", undefined);
  assert.equal(sending(), undefined);
  assert.equal(tracing.within(parent, sending), parent);
  assert.equal(
    tracing.within(parent, () => tracing.within(undefined, sending)),
    undefined,
  );
  assert.throws(() =>
    tracing.within(parent, () => {
      throw new Error("no");
    }),
  );
  assert.equal(sending(), undefined);
});

test("the same seed gives the same identifiers", () => {
  const [a, b] = [stage(), stage()];
  for (const { tracing, actor } of [a, b]) {
    tracing.handled(actor, "add", "done", tracing.handling(actor, "add", messageOf()));
  }
  assert.deepEqual(a.spans[0]?.context, b.spans[0]?.context);
});

test("identifiers are never all zeros, even if chance gives nothing else", () => {
  const spans: FinishedSpan[] = [];
  const random = { next: () => 0 };
  const tracing = new Tracing({
    sink: spansTo((span) => spans.push(span), random),
    clock: new HandClock(),
    random,
  });
  tracing.handled(
    actorAt("/a"),
    "add",
    "done",
    tracing.handling(actorAt("/a"), "add", messageOf()),
  );
  const [span] = spans;
  assert.ok(span && parseTraceparent(formatTraceparent(span.context)));
});

test("a share outside 0 to 1 is refused", () => {
  for (const share of [-0.1, 1.1, Number.NaN]) assert.throws(() => stage(share), /sampledShare is/);
});
