// A node of a cluster on a host of its own, with keys, driven by its parent over the process channel. It
// ends with its parent, and when it cannot go on.
import { type Handlers, protocol, tell } from "#protocols/index.ts";
import { type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import { Actor } from "#runtime/core/actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { openCurveSecurity } from "#runtime/links/curve-security.ts";
import { startSystem } from "#runtime/start-system.ts";

interface Ledger {
  note(number: number): void;
}
const Ledger = protocol<Ledger>("test.NetworkLedger@1", { note: tell });

const noted: number[] = [];

class LedgerActor extends Actor<Ledger> implements Handlers<Ledger> {
  static readonly protocol = Ledger;
  note(number: number): void {
    noted.push(number);
  }
}

export interface HostedNode {
  readonly name: string;
  readonly address: string;
  /** Of the director, which is called `a`. */
  readonly director: string | null;
  readonly ttlMs: number;
  readonly keys: string;
}

export type HostOrder =
  | { readonly kind: "start"; readonly node: HostedNode }
  /** Numbers from 1, a few every millisecond. */
  | { readonly kind: "send"; readonly to: string; readonly count: number; readonly forMs: number }
  | { readonly kind: "tell" };

export interface HostTold {
  readonly address: string;
  readonly events: readonly { readonly of: string; readonly what: string; readonly atMs: number }[];
  readonly noted: readonly number[];
  readonly log: readonly string[];
}

const events: { of: string; what: string; atMs: number }[] = [];
const log: string[] = [];
let started: Awaited<ReturnType<typeof startSystem>> | undefined;

async function start({ name, address, director, ttlMs, keys }: HostedNode): Promise<void> {
  const write = (level: string, _: string, message: string): void => {
    if (level === "warn" || level === "error") log.push(message);
  };
  const security = await openCurveSecurity({
    ...{ node: name, folder: keys, clock: nodeClock },
    log: { write },
  });
  started = await startSystem({
    node: { name, incarnation: 1 },
    bind: `tcp://${address}:7600`,
    director: "a",
    peers: new Map(director === null ? [] : [["a", director]]),
    protocols: [Ledger],
    session: { ttlMs },
    membership: { bind: `tcp://${address}:7601` },
    log: { write },
    security,
  });
  void started.failed.then((failure) => {
    process.send?.({ failed: failure.code }, () => process.exit(3));
  });
  started.system.events.subscribe(memberTopic, (event: MemberEvent) => {
    const what = event.kind === "suspected" ? event.verdict.kind : event.kind;
    events.push({ of: event.member.node.name, what, atMs: nodeClock.wall() });
  });
  started.system.spawn(LedgerActor, { name: "ledger" });
  await started.session.opened;
}

async function send(to: string, count: number, forMs: number): Promise<void> {
  const ledger = started?.system.refTo(Ledger, { node: to, path: "/ledger" });
  const beganMs = nodeClock.now();
  for (let number = 1; number <= count; ) {
    const dueMs = nodeClock.now() - beganMs;
    while (number <= count && number <= (dueMs / forMs) * count) {
      ledger?.note(number);
      number += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const isOrder = (message: unknown): message is HostOrder =>
  typeof message === "object" && message !== null && "kind" in message;

async function obey(order: HostOrder): Promise<void> {
  if (order.kind === "start") await start(order.node);
  if (order.kind === "send") await send(order.to, order.count, order.forMs);
  const address = started?.address ?? "";
  const told: HostTold = { address, events, noted, log };
  process.send?.(told);
}

process.on("message", (order: unknown) => {
  if (isOrder(order)) void obey(order);
});
process.on("disconnect", () => process.exit());
