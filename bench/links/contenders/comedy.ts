// comedy: an actor in a process that it forks, told and asked by topic over Node's process channel.
import { requirePeer } from "../../peers/installed-package.ts";
import { conversed, countedInAll, toldInTurns, worksOf } from "../link-runtime.ts";

interface ComedyActor {
  createChild(behaviour: string, configuration: { readonly mode: "forked" }): Promise<ComedyActor>;
  send(topic: string, argument: unknown): Promise<unknown>;
  sendAndReceive(topic: string, argument?: unknown): Promise<number>;
}
interface Comedy {
  createSystem(options: object): { rootActor(): Promise<ComedyActor> };
}

// comedy takes paths from its own project, which is the folder of the peers.
const behaviour = "/../links/contenders/far/comedy.cjs";

export const works = worksOf(async () => {
  const comedy: Comedy = requirePeer("comedy");
  const root = await comedy.createSystem({ test: true }).rootActor();
  const far = await root.createChild(behaviour, { mode: "forked" });
  return {
    stream: async (count) => {
      await toldInTurns(count, (item) => far.send("add", item));
      return countedInAll(count, () => far.sendAndReceive("taken"));
    },
    converse: (order) => conversed(order, (item) => far.sendAndReceive("next", item)),
  };
});
