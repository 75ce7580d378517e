// Real processes that host keyed actors: killed, frozen and joined by another, under load.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { failureCodes } from "#protocols/failure-codes.ts";
import { type KeyedActors, keyed } from "#runtime/cluster/keyed/keyed.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";
import { type Receipt, Till, TillLedger, TillLedgerActor } from "./till-actor.ts";

const ttlMs = 1_200;
const keys = Array.from({ length: 40 }, (_, index) => `till-${index}`);
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
});

interface Desk extends StartedNode {
  readonly tills: KeyedActors<Till>;
}

/** The director, which only sends, and has the ledger. */
async function startDesk(): Promise<Desk> {
  TillLedgerActor.accepted.length = 0;
  TillLedgerActor.refused.length = 0;
  const node = await startSystem({
    node: { name: "d", incarnation: Date.now() },
    bind: "tcp://127.0.0.1:*",
    director: "d",
    peers: new Map(),
    protocols: [TillLedger, Till],
    log: { write: () => {} },
  });
  await node.system.register("ledger", node.system.spawn(TillLedgerActor));
  const tills = keyed(node, Till, { kind: "till", shards: 32 });
  await tills.ready;
  return { ...node, tills };
}

async function startHost(name: string, { address }: Desk): Promise<ChildProcess> {
  const file = fileURLToPath(new URL("./till-process.ts", import.meta.url));
  const child = fork(file, [name, address, String(ttlMs)], {
    execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
  });
  running.push(child);
  await hears(child, "ready");
  return child;
}

const hears = (child: ChildProcess, beginning: string): Promise<void> =>
  new Promise((resolve) => {
    const listen = (what: unknown): void => {
      if (!String(what).startsWith(beginning)) return;
      child.off("message", listen);
      resolve();
    };
    child.on("message", listen);
  });

const pass = (ms = 2): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`it never came to be that ${what}`);
    await pass();
  }
}

/** Numbers for every key, on and on: nine of ten told, every tenth asked. */
/** Numbers that may wait to be written. */
const behindMax = 2_000;
const roundMs = 10;

class Load {
  readonly #tills: KeyedActors<Till>;
  readonly outcomes: { readonly key: string; readonly code: string; readonly askedMs: number }[] =
    [];
  #number = 0;
  /** What is lost never comes: it is not waited for. */
  mayLose = false;
  #isOver = false;
  #open = 0;

  constructor(tills: KeyedActors<Till>) {
    this.#tills = tills;
    void this.#go();
  }

  get number(): number {
    return this.#number;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await until("all asks have ended", () => this.#open === 0);
  }

  async #go(): Promise<void> {
    while (!this.#isOver) {
      this.#number += 1;
      for (const key of keys) {
        const till = this.#tills.of(key);
        if (this.#number % 10 !== 0) till.take(this.#number);
        else void this.#ask(key, till.$.with({ within: 15_000 }).taken(this.#number));
      }
      await pass(roundMs);
      // No more than waits easily, so that nothing is refused for being too much.
      while (this.#number * keys.length - TillLedgerActor.accepted.length > behindMax) {
        if (this.#isOver || this.mayLose) break;
        await pass();
      }
    }
  }

  async #ask(key: string, answer: Promise<string>): Promise<void> {
    this.#open += 1;
    const askedMs = Date.now();
    const code = await answer.then(
      () => "done",
      (error: unknown) => Failure.of(error).code,
    );
    this.outcomes.push({ key, code, askedMs });
    this.#open -= 1;
  }
}

function checkReceipts(): void {
  const last = new Map<string, Receipt>();
  for (const receipt of TillLedgerActor.accepted) {
    const { fence, key, node, number } = receipt;
    const before = last.get(key);
    last.set(key, receipt);
    if (!before) continue;
    assert.ok(fence >= before.fence, `${key}: fences grow`);
    const text = `${key}: ${number} by ${node} after ${before.number} by ${before.node}`;
    assert.ok(number > before.number, text);
  }
}

const owners = (): ReadonlySet<string> =>
  new Set(TillLedgerActor.accepted.slice(-keys.length * 2).map(({ node }) => node));

const isSettled = ({ tills }: Desk): boolean => tills.status.reachable === 32;

const ownsAll = (name: string, desk: Desk): boolean =>
  isSettled(desk) && desk.tills.status.hosts.join() === name;

test("a third host joins and one leaves under load: nothing is lost, order is kept", async () => {
  const desk = await startDesk();
  try {
    await Promise.all([startHost("x", desk), startHost("y", desk)]);
    await until("all shards are owned", () => isSettled(desk));
    const load = new Load(desk.tills);
    await until("both work", () => owners().size === 2);
    await startHost("z", desk);
    await until("three work", () => owners().size === 3);
    const leaving = running[0];
    assert.ok(leaving);
    const ended = once(leaving, "exit");
    leaving.send("leave");
    await ended;
    await until("two work", () => owners().size === 2);
    await load.end();
    await until(
      "all is written",
      () => TillLedgerActor.accepted.length >= load.number * keys.length,
    );
    assert.deepEqual([...new Set(load.outcomes.map(({ code }) => code))], ["done"]);
    assert.equal(TillLedgerActor.accepted.length, load.number * keys.length);
    assert.equal(TillLedgerActor.refused.length, 0);
    checkReceipts();
  } finally {
    await desk.system.stop(0);
  }
});

test("an owner is killed under load: its asks fail or are answered, others go on, order is kept", async () => {
  const desk = await startDesk();
  try {
    const x = await startHost("x", desk);
    await startHost("y", desk);
    await until("all shards are owned", () => isSettled(desk));
    const load = new Load(desk.tills);
    await until("both work", () => owners().size === 2);
    load.mayLose = true;
    x.kill("SIGKILL");
    await until("one owns all", () => ownsAll("y", desk) && owners().size === 1);
    const settledMs = Date.now();
    const isLate = ({ askedMs }: { readonly askedMs: number }): boolean => askedMs > settledMs;
    await until("all go on", () => load.outcomes.filter(isLate).length > keys.length);
    await load.end();
    checkReceipts();
    const codes = new Set(load.outcomes.map(({ code }) => code));
    codes.delete("done");
    for (const code of codes) {
      const isKnown = code in failureCodes;
      assert.ok(isKnown && code !== "timeout", `${code} says what happened`);
    }
    const late = load.outcomes.filter(isLate);
    assert.deepEqual([...new Set(late.map(({ code }) => code))], ["done"]);
  } finally {
    await desk.system.stop(0);
  }
});

test("an owner is frozen for longer than its lease: when it wakes up it writes nothing that counts", async () => {
  const desk = await startDesk();
  try {
    const x = await startHost("x", desk);
    await startHost("y", desk);
    await until("all shards are owned", () => isSettled(desk));
    const load = new Load(desk.tills);
    await until("both work", () => owners().size === 2);
    load.mayLose = true;
    x.kill("SIGSTOP");
    await until("one owns all", () => ownsAll("y", desk) && owners().size === 1);
    // It hears that its session is over, or has ended already.
    const over = Promise.race([hears(x, "lost"), once(x, "exit")]);
    x.kill("SIGCONT");
    await over;
    await until("one owns all", () => ownsAll("y", desk) && owners().size === 1);
    await load.end();
    assert.deepEqual([...owners()], ["y"]);
    checkReceipts();
    assert.ok(TillLedgerActor.refused.every(({ node }) => node === "x"));
  } finally {
    await desk.system.stop(0);
  }
});
