// One actor for each guest of a café, somewhere in the cluster: started by its first order, on one of two
// processes at a time. One of them is killed: its guests are served by the other, where each begins anew
// unless it is kept (04-persistence.ts). Run it: npx tsx examples/actors/07-keyed-actors.ts
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ask, Failure, type Handlers, protocol, type Ref } from "#protocols/index.ts";
import { Actor, type Keyed, keyed, startSystem } from "#runtime/index.ts";

interface Guest {
  order(dish: string): string;
}
const Guest = protocol<Guest>("cafe.Guest@1", { order: ask({ within: 10_000 }) });

class GuestActor extends Actor<Guest, { name: string; dishes: number }> implements Handlers<Guest> {
  static readonly protocol = Guest;
  static initial = ({ key }: Keyed) => ({ name: key, dishes: 0 });

  order(dish: string): string {
    this.state.dishes += 1;
    const { name, dishes } = this.state;
    return `${name} has dish ${dishes}, ${dish}, from ${this.ctx.node.name}`;
  }
}

/** The door holds the directory. A node that is silent for a second has lost what it had. */
const startNode = (name: string, peers: ReadonlyMap<string, string>) =>
  startSystem({
    ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "door", peers },
    ...{ session: { ttlMs: 1_000 }, protocols: [Guest], log: { write: () => {} } },
  });

async function kitchen(name: string, door: string): Promise<void> {
  process.on("disconnect", () => process.exit());
  const guests = keyed(await startNode(name, new Map([["door", door]])), GuestActor, {
    kind: "guest",
  });
  await guests.ready;
  process.send?.("ready");
}

/** An owner may die with an order in hand: whoever wants it served for sure orders again. */
async function ordered(guest: Ref<Guest>, dish: string): Promise<string> {
  try {
    return await guest.order(dish);
  } catch (error) {
    console.log(`once more, for it failed with ${Failure.of(error).code}`);
    return guest.order(dish);
  }
}

async function door(): Promise<void> {
  const node = await startNode("door", new Map());
  const start = (name: string) => fork(fileURLToPath(import.meta.url), [name, node.address]);
  const [north, south] = [start("north"), start("south")];
  await Promise.all([once(north, "message"), once(south, "message")]);
  const guests = keyed(node, Guest, { kind: "guest" });
  // Whoever came second takes its shards from the first one, a few at a time.
  const shardsOf = (name: string): number => guests.status.placed.get(name) ?? 0;
  while (Math.min(shardsOf("north"), shardsOf("south")) < 100) await setTimeout(50);
  const serve = async (dish: string): Promise<void> => {
    const names = ["Ada", "Ben", "Cleo", "Dag", "Eve", "Finn"];
    for (const name of names) console.log(await ordered(guests.of(name), dish));
  };
  await serve("soup");
  north.kill("SIGKILL");
  console.log("north is killed");
  await serve("cake");
  await node.system.stop();
  south.disconnect();
}

const [, , name, address = ""] = process.argv;
await (name === undefined ? door() : kitchen(name, address));
