// comedy: actors in this process, told and asked by topic; every send is a promise.
import { requirePeer } from "../../peers/installed-package.ts";
import type { Works } from "../contender.ts";
import { type PeerMessage, type PeerRuntime, worksOf } from "./peer-works.ts";

interface ComedyActor {
  createChild(
    behaviour: Readonly<Record<string, (argument: never) => unknown>>,
    configuration: { readonly mode: "in-memory" },
  ): Promise<ComedyActor>;
  send(topic: string, argument: unknown): Promise<unknown>;
  sendAndReceive(topic: string, argument: unknown): Promise<number>;
}
interface Comedy {
  createSystem(options: object): { rootActor(): Promise<ComedyActor> };
}

const mode = { mode: "in-memory" } as const;

async function start(): Promise<PeerRuntime<ComedyActor>> {
  const comedy: Comedy = requirePeer("comedy");
  const root = await comedy.createSystem({ test: true }).rootActor();
  return {
    // Its promises are not those of the language.
    spawn: async (receive) =>
      await root.createChild({ message: (message: PeerMessage) => receive(message) }, mode),
    tell: (to, message) => {
      to.send("message", message);
    },
    responder: async () => {
      const responder = await root.createChild({ next: (value: number) => value + 1 }, mode);
      return (value) => responder.sendAndReceive("next", value);
    },
  };
}

export const works: Works = worksOf(start);
