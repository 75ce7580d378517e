// The limit: what a hand-written actor does in plain JavaScript. An array of its own for what waits,
// and a microtask when something does; no names, no bounds, no failures, nobody who watches. One
// receiver alone needs no mailbox: there the single ring is the limit.
import type { Works } from "../contender.ts";
import { works as ofRing } from "./bare-ring.ts";
import { type PeerMessage, worksOf } from "./peer-works.ts";

/** A reaction to a settled promise is a microtask for a third of what queueMicrotask costs. */
const settled = Promise.resolve();

/** The first message has a place of its own, so that an idle actor has no array. Hot: W2, W4. */
class BareActor {
  readonly #receive: (message: PeerMessage) => void;
  #first: PeerMessage | undefined;
  #more: PeerMessage[] | undefined;
  #isAwake = false;
  readonly #drain = (): void => {
    const message = this.#first;
    this.#first = undefined;
    if (message) this.#receive(message);
    for (let more = this.#more; more; more = this.#more) {
      this.#more = undefined;
      for (const next of more) this.#receive(next);
    }
    this.#isAwake = false;
  };

  constructor(receive: (message: PeerMessage) => void) {
    this.#receive = receive;
  }

  send(message: PeerMessage): void {
    if (this.#isAwake) {
      this.#more ??= [];
      this.#more.push(message);
      return;
    }
    this.#isAwake = true;
    this.#first = message;
    settled.then(this.#drain);
  }
}

const ofActors = worksOf<BareActor>(() =>
  Promise.resolve({
    spawn: (receive) => new BareActor(receive),
    tell: (to, message) => to.send(message),
    responder: () => Promise.reject(new Error("asks go over the ring")),
  }),
);

// With one receiver there is nothing to choose, and a question has one too.
export const works: Works = {
  ...ofActors,
  tell: ofRing.tell,
  ask: ofRing.ask,
  spawn: ofRing.spawn,
  restart: ofRing.restart,
  lateness: ofRing.lateness,
};
