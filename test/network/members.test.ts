// Members on hosts of their own, with keys: cables are cut, ways lost, and nobody tells anybody.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { KeyFolder } from "../sockets/keyed-nodes.ts";
import { HostNetwork } from "./host-network.ts";
import type { HostOrder, HostTold } from "./network-child.ts";

const obstacle = HostNetwork.obstacle();
const child = fileURLToPath(new URL("./network-child.ts", import.meta.url));
/** The bounds are promised on a machine that has time; a loaded one takes so much longer to come round. */
const slackMs = 700;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Host {
  readonly process: ChildProcess;
  failed: string | undefined;

  constructor(network: HostNetwork, name: string) {
    this.process = network.run(name, ["--import", "#runtime/host/typescript-loader.mjs", child]);
    this.process.on("message", (message) => {
      if (typeof message === "object" && "failed" in message) this.failed = String(message.failed);
    });
  }

  order(order: HostOrder): Promise<HostTold> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.process.off("message", hear);
        this.process.off("exit", exited);
        settle();
      };
      const hear = (message: unknown): void => {
        if (isTold(message)) end(() => resolve(message));
      };
      const exited = (): void => end(() => reject(this.#hasEnded()));
      this.process.on("message", hear);
      this.process.on("exit", exited);
      if (this.process.connected) this.process.send(order);
      else exited();
    });
  }

  #hasEnded(): Error {
    const { exitCode, signalCode } = this.process;
    const status = `exit code ${exitCode}, signal ${signalCode}`;
    return new Error(`the host has ended: ${this.failed ?? "it said nothing"} (${status})`);
  }

  /** What it holds of that node since then, once it is one of these. */
  async until(of: string, what: readonly string[], sinceMs: number): Promise<readonly string[]> {
    for (;;) {
      const { events } = await this.order({ kind: "tell" });
      const seen = events.filter((event) => event.of === of && event.atMs >= sinceMs);
      const found = seen.find((event) => what.includes(event.what));
      if (found) return [...seen.map((event) => event.what), String(found.atMs - sinceMs)];
      await wait(20);
    }
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}

const isTold = (message: unknown): message is HostTold =>
  typeof message === "object" && message !== null && "events" in message;

interface Scene {
  readonly network: HostNetwork;
  readonly hosts: Readonly<Record<"a" | "b" | "c", Host>>;
}

/** Three members that all hear each other; a is the director. */
async function scene(context: TestContext, ttlMs: number): Promise<Scene> {
  const names = ["a", "b", "c"] as const;
  const keys = new KeyFolder(names);
  const network = HostNetwork.open(names);
  const made: Host[] = [];
  context.after(async () => {
    await Promise.all(made.map((host) => host.end()));
    network.close();
    keys[Symbol.dispose]();
  });
  const make = (name: string): Host => {
    const host = new Host(network, name);
    made.push(host);
    return host;
  };
  const hosts = { a: make("a"), b: make("b"), c: make("c") };
  const start = (name: "a" | "b" | "c", director: string | null): Promise<HostTold> => {
    const node = { name, address: network.address(name), director, ttlMs, keys: keys.folder };
    return hosts[name].order({ kind: "start", node });
  };
  const { address } = await start("a", null);
  await Promise.all([start("b", address), start("c", address)]);
  await Promise.all(
    names.flatMap((name) =>
      names.filter((other) => other !== name).map((other) => hosts[name].until(other, ["up"], 0)),
    ),
  );
  // A few heartbeats, so that there is something to miss.
  await wait(2_200);
  for (const name of names) {
    const { events } = await hosts[name].order({ kind: "tell" });
    const odd = events.filter(({ what }) => !["joined", "up", "changed"].includes(what));
    assert.deepEqual(odd, [], name);
  }
  return { network, hosts };
}

const skip = obstacle ?? false;
if (obstacle !== undefined) console.error(`SKIPPED: members on a network of hosts: ${obstacle}`);

test("a member whose cable is cut is unreachable, ends by itself, and is down", {
  timeout: 120_000,
  skip,
}, async (context) => {
  const { network, hosts } = await scene(context, 3_000);
  const ended = once(hosts.b.process, "exit");
  const sinceMs = nodeClock.wall();
  network.pullCable("b");
  for (const name of ["a", "c"] as const) {
    const seen = await hosts[name].until("b", ["unreachable"], sinceMs);
    context.diagnostic(`${name} sees b: ${seen.join(", ")} ms`);
    assert(Number(seen.at(-1)) <= 1_050 + slackMs, `${name} took ${seen.at(-1)} ms`);
    assert.equal(seen[0], "unreachable", `${name}: ${seen.join(", ")}`);
  }
  await Promise.all([hosts.a.until("b", ["down"], sinceMs), hosts.c.until("b", ["down"], sinceMs)]);
  assert.deepEqual(await ended, [3, null]);
  assert.equal(hosts.b.failed, "session_lost");
});

test("where one way is lost, both ends say one way, others trust both, and nobody is down", {
  timeout: 120_000,
  skip,
}, async (context) => {
  const { network, hosts } = await scene(context, 15_000);
  const sinceMs = nodeClock.wall();
  network.loseWay("c", "b");
  for (const [name, other] of [
    ["b", "c"],
    ["c", "b"],
  ] as const) {
    const seen = await hosts[name].until(other, ["one_way"], sinceMs);
    context.diagnostic(`${name} sees ${other}: ${seen.join(", ")} ms`);
    assert(Number(seen.at(-1)) <= 2_500 + slackMs, `${name} took ${seen.at(-1)} ms`);
  }
  const { events } = await hosts.a.order({ kind: "tell" });
  const later = events.filter(({ atMs }) => atMs >= sinceMs).map(({ of, what }) => `${of} ${what}`);
  assert.deepEqual(later, []);
});

test("over a narrow cable that comes and goes everything arrives once, in order, and nobody is down", {
  timeout: 120_000,
  skip,
}, async (context) => {
  const { network, hosts } = await scene(context, 15_000);
  network.narrow("b", "4mbit", 12_000);
  network.narrow("c", "4mbit", 12_000);
  const count = 20_000;
  const sinceMs = nodeClock.wall();
  const sending = hosts.b.order({ kind: "send", to: "c", count, forMs: 6_000 });
  for (let cut = 0; cut < 8; cut += 1) {
    await wait(400);
    const [from, to] = cut % 2 === 0 ? (["b", "c"] as const) : (["c", "b"] as const);
    network.loseWay(from, to);
    await wait(250);
    network.restoreWay(from, to);
  }
  await sending;
  let noted: readonly number[] = [];
  while (noted.length < count) {
    ({ noted } = await hosts.c.order({ kind: "tell" }));
    await wait(50);
  }
  assert.deepEqual(
    noted,
    Array.from({ length: count }, (_, index) => index + 1),
  );
  for (const host of [hosts.a, hosts.b, hosts.c]) {
    const { events, log } = await host.order({ kind: "tell" });
    const later = events.filter(({ atMs, what }) => atMs >= sinceMs && what === "down");
    assert.deepEqual(later, []);
    assert.deepEqual(
      log.filter((line) => / is down/.test(line)),
      [],
    );
  }
});
