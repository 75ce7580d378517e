// What happens to a member's process, as a node of the same cluster sees it: told apart, in time.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import type { MemberOrder, MemberTold } from "./member-child.ts";
import { Echo, type LogLine, type MemberNodeOptions, startMember } from "./member-node.ts";

interface Seen {
  readonly event: MemberEvent;
  readonly atMs: number;
}

/** A node of this process that remembers what it was told of the members. */
class Watcher {
  readonly started: StartedNode;
  readonly log: readonly LogLine[];
  readonly seen: Seen[] = [];
  #told: () => void = () => {};

  private constructor(started: StartedNode, log: readonly LogLine[]) {
    this.started = started;
    this.log = log;
    started.system.events.subscribe(memberTopic, (event) => {
      this.seen.push({ event, atMs: nodeClock.now() });
      this.#told();
    });
  }

  static async start(context: TestContext, options: MemberNodeOptions): Promise<Watcher> {
    const log: LogLine[] = [];
    const watcher = new Watcher(await startMember(options, log), log);
    context.after(() => watcher.started.system.stop());
    return watcher;
  }

  /** The first such event from then on. */
  async until(what: (event: MemberEvent) => boolean, sinceMs = 0): Promise<Seen> {
    for (;;) {
      const found = this.seen.find(({ event, atMs }) => atMs >= sinceMs && what(event));
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }

  kindsOf(name: string): readonly string[] {
    return this.seen
      .filter(({ event }) => event.member.node.name === name)
      .map(({ event }) => (event.kind === "suspected" ? event.verdict.kind : event.kind));
  }
}

class Child {
  readonly process: ChildProcess;

  constructor(context: TestContext) {
    this.process = fork(new URL("./member-child.ts", import.meta.url), [], {
      execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
    });
    context.after(() => this.end());
  }

  async order(order: MemberOrder): Promise<MemberTold> {
    const answer = once(this.process, "message");
    this.process.send(order);
    const [told] = await answer;
    return told;
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}

const common = { bind: "tcp://127.0.0.1:*", incarnation: 1, ttlMs: 3_000, membership: {} };
/** The bounds are promised on a machine that has time; a loaded one takes so much longer to come round. */
const slackMs = 600;

const isOf = (name: string) => (event: MemberEvent) => event.member.node.name === name;
const isSuspected = (name: string) => (event: MemberEvent) =>
  isOf(name)(event) && event.kind === "suspected";
const isKind = (name: string, kind: MemberEvent["kind"]) => (event: MemberEvent) =>
  isOf(name)(event) && event.kind === kind;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function pair(
  context: TestContext,
  terms: Partial<MemberNodeOptions> = {},
): Promise<{ readonly a: Watcher; readonly b: Child; readonly options: MemberNodeOptions }> {
  const a = await Watcher.start(context, { ...common, ...terms, name: "a", director: null });
  const b = new Child(context);
  const options = { ...common, ...terms, name: "b", director: a.started.address };
  await b.order({ kind: "start", options });
  await a.until(isKind("b", "up"));
  // A few heartbeats, so that there is something to miss.
  await wait(1_700);
  assert.deepEqual(a.kindsOf("b"), ["joined", "up"]);
  assert.equal(a.started.members.takesWork({ name: "b", incarnation: 1 }), true);
  return { a, b, options };
}

test("a killed member is closed at once, down when its session is over, and its next life joins", {
  timeout: 60_000,
}, async (context) => {
  const { a, b, options } = await pair(context);
  const { members, system } = a.started;
  const asked = system.refTo(Echo, { node: "b", path: "/echo" }).echo("never", 20_000);
  const refused = assert.rejects(asked, (error) => Failure.of(error).code === "node_down");
  const sinceMs = nodeClock.now();
  await b.end();
  const suspected = await a.until(isSuspected("b"), sinceMs);
  const tookMs = suspected.atMs - sinceMs;
  context.diagnostic(`closed after ${Math.round(tookMs)} ms: ${suspected.event.member.why}`);
  assert.deepEqual(a.kindsOf("b"), ["joined", "up", "closed"]);
  assert(tookMs <= 100 + slackMs, `took ${tookMs} ms`);
  assert.equal(members.takesWork({ name: "b", incarnation: 1 }), false);
  assert.match(members.find("b")?.why ?? "", /nobody listens/);
  await refused;
  const next = new Child(context);
  await next.order({ kind: "start", options: { ...options, incarnation: 2 } });
  const down = await a.until(isKind("b", "down"), sinceMs);
  assert.equal(down.event.kind === "down" && down.event.member.node.incarnation, 1);
  await a.until((event) => isKind("b", "up")(event) && event.member.node.incarnation === 2);
  assert.equal(await system.refTo(Echo, { node: "b", path: "/echo" }).echo("again", 0), "again");
  assert.equal(members.takesWork({ name: "b", incarnation: 1 }), false);
  assert.equal(members.takesWork({ name: "b", incarnation: 2 }), true);
  assert(a.log.some(({ message }) => /b~1 is suspected: closed: /.test(message)));
});

test("a stopped process is frozen, not gone, and down when its session has run out", {
  timeout: 60_000,
}, async (context) => {
  const { a, b } = await pair(context);
  const sinceMs = nodeClock.now();
  b.process.kill("SIGSTOP");
  const first = await a.until(isSuspected("b"), sinceMs);
  const isFrozen = (event: MemberEvent) =>
    isSuspected("b")(event) && event.kind === "suspected" && event.verdict.kind === "frozen";
  const frozen = await a.until(isFrozen, sinceMs);
  const [firstMs, frozenMs] = [first.atMs - sinceMs, frozen.atMs - sinceMs];
  context.diagnostic(`suspected after ${Math.round(firstMs)} ms, frozen ${Math.round(frozenMs)}`);
  assert(firstMs <= 1_050 + slackMs, `took ${firstMs} ms`);
  assert(frozenMs <= 1_400 + slackMs, `took ${frozenMs} ms`);
  const down = await a.until(isKind("b", "down"), sinceMs);
  const downMs = down.atMs - sinceMs;
  context.diagnostic(`down after ${Math.round(downMs)} ms`);
  assert(downMs >= 2_000 && downMs <= 4_000 + slackMs, `took ${downMs} ms`);
  assert.match(down.event.member.why, /was not renewed.*frozen/);
  // Back from its sleep, it learns that it is over.
  b.process.kill("SIGCONT");
  await once(b.process, "exit");
  assert.equal(b.process.exitCode, 3);
});

test("a member whose event loop does not run is blocked, and neither gone nor frozen", {
  timeout: 60_000,
}, async (context) => {
  const { a, b } = await pair(context, { ttlMs: 10_000 });
  const sinceMs = nodeClock.now();
  await b.order({ kind: "block", ms: 4_000 });
  const suspected = await a.until(isSuspected("b"), sinceMs);
  const tookMs = suspected.atMs - sinceMs;
  context.diagnostic(`blocked after ${Math.round(tookMs)} ms: ${suspected.event.member.why}`);
  assert(tookMs >= 1_000 && tookMs <= 2_500 + slackMs, `took ${tookMs} ms`);
  assert.deepEqual(a.kindsOf("b"), ["joined", "up", "blocked"]);
});

test("a member that leaves takes no new work, finishes what it has, and is not missed", {
  timeout: 60_000,
}, async (context) => {
  const { a, b } = await pair(context);
  const { members, system } = a.started;
  const asked = system.refTo(Echo, { node: "b", path: "/echo" }).echo("done", 400);
  const leaving = b.order({ kind: "leave", workMs: 800 });
  await a.until(isKind("b", "leaving"));
  assert.equal(members.takesWork({ name: "b", incarnation: 1 }), false);
  assert.equal(await asked, "done");
  const down = await a.until(isKind("b", "down"));
  assert.equal(down.event.kind === "down" && down.event.end, "left");
  await leaving;
  assert.equal(members.find("b"), undefined);
  await wait(300);
  assert.deepEqual(
    a.log.filter(({ level }) => level === "warn" || level === "error"),
    [],
  );
});

test("who is no member any more is quarantined at once, though its links stand, and told once", {
  timeout: 60_000,
}, async (context) => {
  const { a, b } = await pair(context, { ttlMs: 20_000 });
  const { session, system } = a.started;
  const echo = system.refTo(Echo, { node: "b", path: "/echo" });
  assert.equal(await echo.echo("linked", 0), "linked");
  const downs: string[] = [];
  system.events.subscribe(systemTopics["node-down"], ({ node }) => void downs.push(node.name));
  const asked = echo.echo("never", 20_000);
  const refused = assert.rejects(asked, (error) => Failure.of(error).code === "node_down");
  const sinceMs = nodeClock.now();
  await session.directory.close({ name: "b", incarnation: 1 });
  await refused;
  const tookMs = nodeClock.now() - sinceMs;
  context.diagnostic(`refused after ${Math.round(tookMs)} ms`);
  assert(tookMs <= 100 + slackMs, `took ${tookMs} ms`);
  await once(b.process, "exit");
  assert.equal(b.process.exitCode, 3);
  await wait(2_000);
  assert.deepEqual(downs, ["b"]);
});

test("a suspicion spreads: nodes that do not watch a member go by those that do", {
  timeout: 60_000,
}, async (context) => {
  const membership = { monitors: 3 };
  const a = await Watcher.start(context, { ...common, membership, name: "a", director: null });
  const director = a.started.address;
  const names = ["c", "d", "e", "f", "g", "h", "i"];
  const others = await Promise.all(
    names.map((name) => Watcher.start(context, { ...common, membership, name, director })),
  );
  const b = new Child(context);
  const options = { ...common, ttlMs: 10_000, membership, name: "b", director };
  await b.order({ kind: "start", options });
  const all = [a, ...others];
  await Promise.all(all.map((node) => node.until(isKind("b", "up"))));
  await wait(1_700);
  const sinceMs = nodeClock.now();
  await b.end();
  const seen = await Promise.all(all.map((node) => node.until(isSuspected("b"), sinceMs)));
  const tookMs = Math.max(...seen.map(({ atMs }) => atMs)) - sinceMs;
  context.diagnostic(`everywhere after ${Math.round(tookMs)} ms`);
  assert(tookMs <= 1_000 + slackMs, `took ${tookMs} ms`);
  const whys = seen.map(({ event }) => event.member.why);
  assert.equal(whys.filter((why) => / of 3 that watch it say so/.test(why)).length, 8 - 3);
  for (const { started } of all) {
    assert.equal(started.members.takesWork({ name: "b", incarnation: 1 }), false);
  }
});
