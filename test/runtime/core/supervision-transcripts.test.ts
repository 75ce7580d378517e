// What becomes of three children when the middle one fails or leaves: strategy x kind x cause.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Directive, RestartKind, Strategy } from "#runtime/core/supervision.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { type Performance, performWith } from "./stage.ts";

const strategies: readonly Strategy[] = ["one-for-one", "rest-for-one", "one-for-all"];

const begunAnew = (exit: "crashed" | "stopped"): Record<Strategy, readonly string[]> => ({
  "one-for-one": [`0 b ${exit}`, "20 b starts"],
  "rest-for-one": [`0 c ${exit}`, `0 b ${exit}`, "20 b starts", "20 c starts"],
  "one-for-all": [
    `0 c ${exit}`,
    `0 b ${exit}`,
    `0 a ${exit}`,
    "20 a starts",
    "20 b starts",
    "20 c starts",
  ],
});
const gone = (exit: "crashed" | "stopped"): Record<Strategy, readonly string[]> => {
  const lines = [`0 b ${exit}`, `0 b is gone, ${exit}`];
  return { "one-for-one": lines, "rest-for-one": lines, "one-for-all": lines };
};
const nothing = { "one-for-one": [], "rest-for-one": [], "one-for-all": [] };

type Cause = Directive | "leaves" | "is stopped";
const table: readonly (readonly [RestartKind, Cause, Record<Strategy, readonly string[]>])[] = [
  ["permanent", "restart", begunAnew("crashed")],
  ["transient", "restart", begunAnew("crashed")],
  ["temporary", "restart", gone("crashed")],
  ["permanent", "resume", nothing],
  ["transient", "resume", nothing],
  ["temporary", "resume", nothing],
  ["permanent", "stop", gone("crashed")],
  ["transient", "stop", gone("crashed")],
  ["temporary", "stop", gone("crashed")],
  ["permanent", "leaves", begunAnew("stopped")],
  ["transient", "leaves", gone("stopped")],
  ["temporary", "leaves", gone("stopped")],
  ["permanent", "is stopped", gone("stopped")],
  ["transient", "is stopped", gone("stopped")],
  ["temporary", "is stopped", gone("stopped")],
];

function bringAbout(cause: Cause, { player, stage }: Performance): void {
  if (cause === "leaves") player("b").leave("drop");
  else if (cause === "is stopped") stage.stop("b", "drop");
  else player("b").fail("model_failed");
}

for (const strategy of strategies) {
  for (const [restart, cause, expected] of table) {
    test(`${strategy}: a ${restart} child that ${cause === "leaves" || cause === "is stopped" ? cause : `fails, ${cause}`}`, async () => {
      const isDirective = cause !== "leaves" && cause !== "is stopped";
      const decide = isDirective ? { model_failed: cause } : {};
      const cast = [{ name: "a" }, { name: "b", restart }, { name: "c" }];
      const performance = await performWith(cast, { strategy, decide });
      bringAbout(cause, performance);
      assert.deepEqual(await performance.after(100), expected[strategy]);
    });
  }
}

for (const strategy of strategies) {
  for (const restart of ["permanent", "transient", "temporary"] as const) {
    test(`${strategy}: a ${restart} child that fails, escalate, takes its parent along`, async () => {
      const cast = [{ name: "a" }, { name: "b", restart }];
      const decide = { model_failed: "escalate" } as const;
      const { player, after } = await performWith(cast, { strategy, decide });
      player("b").fail("model_failed");
      // The root waits 20 ms, of which chance takes a tenth. Watches outlive a restart.
      assert.deepEqual(await after(100), [
        "0 b crashed",
        "0 a stopped",
        "18 b is gone, crashed",
        "18 a is gone, stopped",
        "18 a starts",
        "18 b starts",
      ]);
    });
  }
}

test("siblings: transient ones come back with a group, temporary ones end with it", async () => {
  const cast = [
    { name: "a", restart: "temporary" },
    { name: "b", restart: "transient" },
    { name: "c", restart: "permanent" },
  ] as const;
  const { player, after } = await performWith(cast, { strategy: "one-for-all" });
  player("c").fail("model_failed");
  assert.deepEqual(await after(100), [
    "0 c crashed",
    "0 b crashed",
    "0 a crashed",
    "0 a is gone, crashed",
    "20 b starts",
    "20 c starts",
  ]);
});

test("a child that has ended does not come back with its group", async () => {
  const cast = [{ name: "a", restart: "transient" }, { name: "b" }] as const;
  const { player, after } = await performWith(cast, { strategy: "one-for-all" });
  player("a").leave("drop");
  await after(0);
  player("b").fail("model_failed");
  assert.deepEqual(await after(100), ["0 b crashed", "20 b starts"]);
});

test("crashes in a timer's message and in a piped promise are decided about alike", async () => {
  const { player, after } = await performWith([{ name: "a" }], { strategy: "one-for-one" });
  player("a").failByTimer(5);
  assert.deepEqual(await after(50), ["5 a crashed", "25 a starts"]);
  player("a").failByPipe();
  assert.deepEqual(await after(50), ["50 a crashed", "90 a starts"]);
});

test("a start that fails is tried again after growing delays, and resume cannot help it", async () => {
  for (const directive of ["restart", "resume"] as const) {
    const cast = [{ name: "a", script: { starts: [Number.NaN, Number.NaN] } }];
    const decide = { actor_crashed: directive };
    const { after } = await performWith(cast, { strategy: "one-for-one", decide });
    assert.deepEqual(await after(100), ["20 a starts", "20 a crashed", "60 a starts"]);
  }
});

test("a start that takes too long has failed", async () => {
  const cast = [{ name: "a", script: { starts: [500] }, startTimeoutMs: 100 }];
  const { after, log } = await performWith(cast, { strategy: "one-for-one" });
  assert.deepEqual(await after(1_000), ["100 a crashed", "120 a starts"]);
  assert.ok(
    log.some(({ message }) => /crashed in start: start did not end in 100 ms/.test(message)),
  );
});

test("a decision may look at the failure and the child", async () => {
  const seen: unknown[] = [];
  const { player, after } = await performWith([{ name: "a" }], {
    strategy: "one-for-one",
    decide: (failure, child) => {
      seen.push([failure.code, child]);
      return child.restarts > 0 ? "stop" : undefined;
    },
  });
  player("a").fail("corrupt");
  await after(100);
  player("a").fail("corrupt");
  assert.deepEqual(await after(100), ["100 a crashed", "100 a is gone, crashed"]);
  const child = { name: "a", path: "/stage/a", restartKind: "transient", during: "fail" };
  assert.deepEqual(seen, [
    ["corrupt", { ...child, restarts: 0 }],
    ["corrupt", { ...child, restarts: 1 }],
  ]);
});

test("a decision that throws, or answers no directive, is the parent's own failure", async () => {
  const answers: readonly (() => Directive)[] = [
    () => {
      throw new Error("undecided");
    },
    () => JSON.parse('"perhaps"'),
  ];
  for (const decide of answers) {
    const { player, after, log } = await performWith([{ name: "a" }], {
      strategy: "one-for-one",
      decide,
    });
    player("a").fail("corrupt");
    assert.deepEqual(await after(100), ["0 a crashed", "18 a is gone, crashed", "18 a starts"]);
    assert.ok(
      log.some(({ actor, message }) => actor === "/stage" && /crashed in child a/.test(message)),
    );
  }
});

let isBodiless = false;
class StillbornActor extends Actor<unknown> {
  // biome-ignore lint/complexity/noBannedTypes: it understands no message.
  static readonly protocol = protocol<{}>("test.Stillborn@1", {});
  static initial = (step: string) => {
    if (step === "initial") throw new Error("no state");
  };
  constructor() {
    super();
    if (isBodiless) throw new Error("no body");
  }
  override start(): void {
    throw new Error("no breath");
  }
}

test("the log tells apart which step of a birth has failed", async () => {
  const { system, time, log } = createTestSystem();
  for (const step of ["initial", "start", "constructor"]) {
    isBodiless = step === "constructor";
    const ref = system.spawn(StillbornActor, step, { name: step, restart: "temporary" });
    await assert.rejects(system.started(ref), /ended before it had started/);
    await time.settle();
  }
  const lines = log.filter(({ level }) => level === "error").map(({ message }) => message);
  assert.deepEqual(lines, [
    "crashed in initial: the class's initial threw Error: no state",
    "crashed in start: start threw Error: no breath",
    "crashed in constructor: the class's constructor threw Error: no body",
  ]);
});
