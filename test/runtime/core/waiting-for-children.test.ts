// A parent that waits for a child, in its `start` or in a handler, while the child cannot run: each
// waits for the other unless one of them gives up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import { Supervisor, type TreeChild } from "#runtime/patterns/supervisor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Port {
  open(): Ack;
  fail(): Ack;
}
const Port = protocol<Port>("test.Port@1", {
  open: ask({ within: 60_000 }),
  fail: ask({ within: 60_000 }),
});

interface Starts {
  count: number;
}

/** Cannot start. */
class TakenPort extends Actor<Port, Starts> implements Handlers<Port> {
  static readonly protocol = Port;
  static initial = (starts: Starts): Starts => starts;
  override start(): void {
    this.state.count += 1;
    throw new Error("the port is taken");
  }
  open(): Ack {
    return ack;
  }
  fail(): Ack {
    return ack;
  }
}

type Wait = "started" | "ask";

/** Waits in its `start` for a child that cannot start. */
class Waiter extends Actor<unknown, { readonly starts: Starts; readonly wait: Wait }> {
  // biome-ignore lint/complexity/noBannedTypes: it understands no message.
  static readonly protocol = protocol<{}>("test.Waiter@1", {});
  static readonly startTimeoutMs = 600_000;
  static readonly supervise: SupervisionSpec = quick();
  static initial = (args: { readonly starts: Starts; readonly wait: Wait }) => args;
  override async start(): Promise<void> {
    const port = this.ctx.spawn(TakenPort, this.state.starts, { restart: "permanent" });
    await (this.state.wait === "ask" ? port.open() : this.ctx.started(port));
  }
}

function quick(restartsMax = 3): SupervisionSpec {
  const backoff = { delayMsMin: 1, delayMsMax: 10, factor: 2, jitter: 0 };
  return { strategy: "one-for-one", restartsMax, withinMs: 5_000, backoff };
}

const port = (starts: Starts): TreeChild => ({
  kind: "actor",
  name: "port",
  type: TakenPort,
  args: starts,
});

/** Milliseconds until the whole node gives up, having spawned this. */
async function msToGiveUp(
  spawn: (system: ReturnType<typeof createTestSystem>["system"]) => void,
): Promise<number> {
  const { system, time, log, fatal } = createTestSystem({ supervise: quick() });
  spawn(system);
  const beganMs = time.now();
  for (let step = 0; step < 10_000 && fatal.length === 0; step++) await time.advance(1);
  assert.equal(fatal.length, 1);
  assert.ok(!log.some(({ message }) => message.includes("left behind")), "nobody waited in vain");
  return time.now() - beganMs;
}

test("a child that cannot start brings down supervisor after supervisor, within their bounds", async () => {
  const starts = { count: 0 };
  const inner: TreeChild = {
    ...{ kind: "supervisor", name: "inner", supervise: quick() },
    children: [port(starts)],
  };
  const ms = await msToGiveUp((system) =>
    system.spawn(Supervisor, { children: [inner] }, { name: "outer", supervise: quick() }),
  );
  assert.equal(starts.count, 4 * 4 * 4);
  assert.ok(ms < 1_000, `${ms} ms`);
});

for (const wait of ["started", "ask"] as const) {
  test(`so does one that its parent's start waits for: ${wait}`, async () => {
    const starts = { count: 0 };
    const ms = await msToGiveUp((system) => system.spawn(Waiter, { starts, wait }));
    assert.equal(starts.count, 4 * 4);
    assert.ok(ms < 1_000, `${ms} ms`);
  });
}

test("a supervisor whose child waits for its next start is stopped at once", async () => {
  const starts = { count: 0 };
  const { system, time } = createTestSystem();
  const backoff = { delayMsMin: 60_000, delayMsMax: 60_000, factor: 1, jitter: 0 };
  const supervise = { ...quick(), backoff };
  const inner: TreeChild = {
    ...{ kind: "supervisor", name: "inner", supervise },
    children: [port(starts)],
  };
  const outer = system.spawn(Supervisor, { children: [inner] }, { supervise });
  await time.advance(100);
  assert.equal(starts.count, 1);
  const beganMs = time.now();
  await system.stopActor(outer);
  assert.equal(time.now(), beganMs);
});

/** Opens once, and fails of whatever it is asked to. */
class OpenPort extends Actor<Port> implements Handlers<Port> {
  static readonly protocol = Port;
  open(): Ack {
    return ack;
  }
  fail(): Ack {
    throw new Failure("internal", "asked to");
  }
}

/** Asks its child, which fails of the first of two questions and stands still. */
class Asker extends Actor<Port, { readonly seen: string[] }> implements Handlers<Port> {
  static readonly protocol = Port;
  static readonly supervise: SupervisionSpec = { ...quick(), decide: () => "escalate" };
  static initial = (args: { readonly seen: string[] }) => args;
  async open(): Promise<Ack> {
    const child = this.ctx.spawn(OpenPort);
    const [first, second] = await Promise.allSettled([child.fail(), child.open()]);
    for (const { status } of [first, second]) this.state.seen.push(status);
    return ack;
  }
  fail(): Ack {
    return ack;
  }
}

test("a handler that asks a child which stands still hears of its end before its own", async () => {
  const seen: string[] = [];
  const { system, time, log } = createTestSystem({ supervise: quick() });
  const asker = system.spawn(Asker, { seen }, { restart: "permanent" });
  const beganMs = time.now();
  await time.until(asker.open());
  assert.deepEqual(seen, ["rejected", "rejected"]);
  assert.ok(time.now() - beganMs < 100, `${time.now() - beganMs} ms`);
  assert.ok(!log.some(({ message }) => message.includes("left behind")));
});
