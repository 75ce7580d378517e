// XState: actors from a callback or from a transition function. It has no ask: a question carries the
// function that takes the answer.
import { requirePeer } from "../../peers/installed-package.ts";
import { type PeerMessage, type PeerRuntime, worksOf } from "./peer-works.ts";

interface XStateActor {
  start(): XStateActor;
  send(event: object): void;
}
interface XState {
  createActor(logic: object): XStateActor;
  fromCallback(
    callback: (tools: { receive(listener: (event: never) => void): void }) => void,
  ): object;
  fromTransition(transition: (state: number, event: never) => number, initial: number): object;
}
interface Question {
  readonly by: number;
  readonly reply: (value: number) => void;
}

/** The kind of actor, made from what handles a message. */
export type XStateLogic = (xstate: XState, receive: (event: never) => void) => object;

export const xstateWorks = (logic: XStateLogic) => worksOf(() => start(logic));

async function start(logic: XStateLogic): Promise<PeerRuntime<XStateActor>> {
  const xstate: XState = requirePeer("xstate");
  const spawn = (receive: (event: never) => void): XStateActor =>
    xstate.createActor(logic(xstate, receive)).start();
  return {
    spawn: (receive: (event: PeerMessage) => void) => spawn(receive),
    tell: (to, message) => to.send(message),
    responder: () => {
      const responder = spawn(({ by, reply }: Question) => reply(by + 1));
      return Promise.resolve(
        (value) =>
          new Promise((reply) => responder.send({ type: "message", from: 0, by: value, reply })),
      );
    },
  };
}
