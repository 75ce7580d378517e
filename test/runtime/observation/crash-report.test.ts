import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { causeChain } from "#runtime/observation/cause-chain.ts";
import { type Crash, crashReport } from "#runtime/observation/crash-report.ts";
import { crashReportText } from "#runtime/observation/crash-report-text.ts";
import { CrashReporter } from "#runtime/observation/crash-reporter.ts";
import { FlightRecorder } from "#runtime/observation/flight-recorder.ts";
import { observeWith } from "#runtime/observation/observers.ts";
import { payloadShape, payloadValue } from "#runtime/observation/payload-shape.ts";
import { actorAt, addressOf, HandClock, handleOnce } from "./observed-stage.ts";

const secret = "hunter2-hunter2";
const actor = actorAt("/data/queue", { protocol: "demo.Queue@1", depth: 3, restarts: 2 });

function crash(given: Partial<Crash> = {}): Crash {
  const clock = new HandClock();
  const recorder = new FlightRecorder({ clock });
  handleOnce(recorder, actor, {
    method: "get",
    message: { isAsk: true, payload: 12 },
    meanwhile: () => clock.pass(250),
  });
  const message = {
    payload: { token: secret, note: secret, image: new Uint8Array(40_960) },
    sender: addressOf("/web"),
  };
  handleOnce(recorder, actor, {
    method: "put",
    message,
    end: "crashed",
    meanwhile: () => clock.pass(1_500),
  });
  const cause = Object.assign(new RangeError("index 9"), { code: "ERR_RANGE" });
  return {
    actor,
    during: "put",
    events: recorder.eventsOf(actor),
    nowMs: clock.nowMs,
    wallMs: clock.wall(),
    payloads: "shape",
    failure: new Failure("actor_crashed", "put threw", new Error("no place", { cause })),
    ...given,
  };
}

test("a report names the actor, the message, its mailbox, its restarts and every cause", () => {
  const report = crashReport(crash());
  assert.deepEqual(
    [report.path, report.protocol, report.during, report.code, report.detail, report.messageKind],
    ["/data/queue", "demo.Queue@1", "put", "actor_crashed", "put threw", "tell"],
  );
  assert.deepEqual([report.waiting, report.restarts, report.sender], [3, 2, "troupe://test~1/web"]);
  assert.deepEqual(
    report.causes.causes.map(({ name, code, message }) => [name, code, message]),
    [
      ["Failure", "actor_crashed", "actor_crashed: put threw"],
      ["Error", undefined, "no place"],
      ["RangeError", "ERR_RANGE", "index 9"],
    ],
  );
  assert.match(report.causes.causes[2]?.at ?? "", /crash-report\.test\.ts/);
  assert.deepEqual(
    report.last.map(({ what, kind, end, agoMs, tookMs }) => [what, kind, end, agoMs, tookMs]),
    [
      ["get", "ask", "done", 1_750, 250],
      ["put", "tell", "crashed", 1_500, 1_500],
    ],
  );
});

test("payloads are shown as type and size; what they say only when asked, without named secrets", () => {
  const shape = crashReport(crash());
  assert.equal(shape.payload, "{ token: string(15), note: string(15), image: bytes(40960) }");
  assert.ok(!JSON.stringify(shape).includes(secret));
  assert.ok(!crashReportText(shape).includes(secret));
  const value = crashReport(crash({ payloads: "value" }));
  assert.equal(value.payload, `{"token":"[redacted]","note":"${secret}","image":"[40960 bytes]"}`);
});

test("the text tells it all in order", () => {
  const text = crashReportText(crashReport(crash()));
  const expected = [
    "/data/queue crashed in tell put: actor_crashed: put threw",
    "2023-11-14T22:13:21.750Z on test, demo.Queue@1",
    "sender    troupe://test~1/web",
    "payload   { token: string(15)",
    "mailbox   3 messages waiting",
    "restarts  2 before",
    "Failure: actor_crashed: put threw",
    "Error: no place",
    "RangeError ERR_RANGE: index 9",
    "1.75 s ago  ask   get  done in 250 ms",
    "1.5 s ago   tell  put  crashed in 1.5 s",
  ];
  let from = 0;
  for (const part of expected) {
    const at = text.indexOf(part, from);
    assert.ok(at >= 0, `${part}\nis missing, or not in its place in\n${text}`);
    from = at + 1;
  }
});

test("a crash outside of a handler, of which nothing is recorded, is reported all the same", () => {
  const report = crashReport(crash({ during: "start", events: [] }));
  assert.deepEqual(
    [report.messageKind, report.payload, report.sender, report.last],
    ["event", undefined, undefined, []],
  );
  assert.match(crashReportText(report), /^\/data\/queue crashed in start: /);
});

test("causes in a circle, without end, or of any kind are cut and told", () => {
  const a = new Error("a");
  const b = new Error("b", { cause: a });
  a.cause = b;
  assert.deepEqual([causeChain(a).causes.length, causeChain(a).cut], [2, "cycle"]);
  const self = new Error("self");
  self.cause = self;
  assert.deepEqual([causeChain(self).causes.length, causeChain(self).cut], [1, "cycle"]);
  let deep = new Error("end");
  for (let count = 0; count < 50; count += 1) deep = new Error(`${count}`, { cause: deep });
  assert.deepEqual([causeChain(deep).causes.length, causeChain(deep).cut], [10, "too long"]);
  for (const thrown of ["text", 7, null, undefined, { code: "E", message: "m" }, Symbol("s")]) {
    assert.equal(causeChain(new Error("x", { cause: thrown })).cut, undefined);
  }
  const hostile = {
    get cause() {
      throw new Error("no");
    },
    toString() {
      throw new Error("no");
    },
  };
  assert.equal(causeChain(hostile).causes[0]?.message, "(unreadable)");
  const many = new AggregateError([a, b], "both");
  assert.equal(causeChain(many).causes[0]?.message, "both (of 2 errors)");
});

test("what the engine wraps around an error has no place of its own, the error has", () => {
  const failure = new Failure("actor_crashed", "put threw", new RangeError("index 9"));
  const [outer, inner] = causeChain(failure).causes;
  assert.equal(outer?.at, undefined);
  assert.match(inner?.at ?? "", /crash-report\.test\.ts/);
});

test("secrets that a log would take out are out of causes too", () => {
  const { causes } = causeChain(new Error(`cannot reach redis://me:${secret}@host`));
  assert.ok(!causes[0]?.message.includes(secret));
});

test("shapes are bounded, and call no code of the payload", () => {
  const hostile = {
    get secret() {
      throw new Error("called");
    },
    inner: { a: { b: { c: { d: 1 } } } },
  };
  assert.equal(payloadShape(hostile), "{ secret: getter, inner: { a: { b: object(1) } } }");
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assert.equal(payloadShape([revoked.proxy]), "list(1) of unreadable");
  const wide = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`field${index}`, "x".repeat(9)]),
  );
  assert.ok(payloadShape({ ...wide, wide, more: wide }).length < 560);
  const keyed = { "user@example.org": 1, ok: new Map([[1, 2]]) };
  assert.equal(payloadShape(keyed), "{ ok: map(1), … 1 more }");
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.equal(payloadShape(circle), "{ self: { self: { self: object(1) } } }");
  for (const [value, shape] of [
    [undefined, "undefined"],
    [null, "null"],
    ["", "string(0)"],
    [[], "list(0)"],
    [{}, "{}"],
    [1n, "bigint"],
  ] as const) {
    assert.equal(payloadShape(value), shape);
  }
  assert.ok(payloadValue({ text: "x".repeat(100_000) }).length < 2_100);
});

test("the reporter keeps the last reports, calls for each, and omits what comes in a storm", () => {
  const clock = new HandClock();
  const recorder = new FlightRecorder({ clock });
  const told: string[] = [];
  const reporter = new CrashReporter({
    clock,
    recorder,
    keptMax: 2,
    perMinuteMax: 3,
    report: ({ during }) => told.push(during),
  });
  const group = observeWith(recorder, reporter);
  const fail = (method: string): void => {
    handleOnce(group, actor, { method, end: "crashed" });
    group.crashed(actor, new Failure("internal", "no"), method);
  };
  for (const method of ["m1", "m2", "m3", "m4", "m5"]) fail(method);
  assert.deepEqual(told, ["m1", "m2", "m3"]);
  assert.deepEqual(
    [reporter.last.map(({ during }) => during), reporter.omitted],
    [["m2", "m3"], 2],
  );
  assert.equal(reporter.last[1]?.last.length, 3);
  clock.pass(60_000);
  fail("m6");
  assert.deepEqual([told.at(-1), reporter.omitted], ["m6", 2]);
  assert.throws(() => new CrashReporter({ clock, keptMax: 0 }), /keptMax is 0/);
});
