// nact: functional actors; a message is handled by a function of state and message.
import { requirePeer } from "../../peers/installed-package.ts";
import type { Works } from "../contender.ts";
import { type PeerMessage, type PeerRuntime, worksOf } from "./peer-works.ts";

interface Reference {
  readonly path: unknown;
}
type Receive<S, M> = (state: S, message: M, context: object) => S;
interface Properties<S> {
  readonly initialStateFunc: () => S;
  readonly onCrash?: (
    message: unknown,
    error: unknown,
    context: { readonly reset: symbol },
  ) => symbol;
}
interface Nact {
  start(): Reference;
  spawn<S, M>(
    parent: Reference,
    receive: Receive<S, M>,
    name: string,
    properties: Properties<S>,
  ): Reference;
  dispatch(to: Reference, message: object | number): void;
  query<R>(to: Reference, message: (replyTo: Reference) => object, timeoutMs: number): Promise<R>;
}
interface Question {
  readonly value: number;
  readonly replyTo: Reference;
}

const queryMsMax = 60_000;

async function start(): Promise<PeerRuntime<Reference>> {
  const nact: Nact = requirePeer("nact");
  const system = nact.start();
  let names = 0;
  const spawned = <S, M>(receive: Receive<S, M>, properties: Properties<S>): Reference => {
    names += 1;
    return nact.spawn(system, receive, `a${names}`, properties);
  };
  const question = (value: number) => (replyTo: Reference) => ({ value, replyTo });
  return {
    spawn: (receive) =>
      spawned<number, PeerMessage>(
        (state, message) => {
          receive(message);
          return state;
        },
        { initialStateFunc: () => 0 },
      ),
    tell: (to, message) => nact.dispatch(to, message),
    responder: () => {
      const answer = (state: number, { replyTo, value }: Question): number => {
        nact.dispatch(replyTo, value + 1);
        return state;
      };
      const responder = spawned(answer, { initialStateFunc: () => 0 });
      return Promise.resolve((value) => nact.query<number>(responder, question(value), queryMsMax));
    },
    fragile: () => {
      let births = 0;
      const answer = (instance: number, { replyTo, value }: Question): number => {
        if (value < 0) throw new Error("on purpose");
        nact.dispatch(replyTo, instance);
        return instance;
      };
      const fragile = spawned(answer, {
        initialStateFunc: () => {
          births += 1;
          return births;
        },
        onCrash: (_message, _error, context) => context.reset,
      });
      return Promise.resolve({
        fail: () => nact.dispatch(fragile, { value: -1, replyTo: fragile }),
        instance: () => nact.query<number>(fragile, question(0), queryMsMax),
      });
    },
  };
}

export const works: Works = worksOf(start);
