// A node of its own process to which actors can be moved by command. Run as a program it is the far one,
// and ends with whoever started it.
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { spawnMover } from "#runtime/cluster/moving/mover-actor.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";

export interface Shop {
  sell(): number;
  where(): string;
}
export const Shop = protocol<Shop>("test.FarShop@1", { sell: ask, where: ask });

export class ShopActor extends Actor<Shop, { sold: number }> implements Handlers<Shop> {
  static readonly protocol = Shop;
  static initial = () => ({ sold: 0 });
  sell(): number {
    this.state.sold += 1;
    return this.state.sold;
  }
  where(): string {
    return this.ctx.node.name;
  }
}

export async function startShops(
  name: string,
  peers: ReadonlyMap<string, string>,
): Promise<StartedNode> {
  const node = await startSystem({
    ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "near", peers },
    ...{ protocols: [Shop], actors: [ShopActor], log: { write: () => {} } },
  });
  await node.session.opened;
  spawnMover(node.system);
  return node;
}

const [, program = "", near] = process.argv;
if (program.endsWith("shop-process.ts") && near !== undefined) {
  process.on("disconnect", () => process.exit());
  const { address } = await startShops("far", new Map([["near", near]]));
  process.send?.(address);
}
