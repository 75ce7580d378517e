// The bare dispatch loop: one ring of (receiver, kind, payload) for all, and each receiver chooses a
// handler by the kind of the message. The least of what an actor does with a message: no mailboxes
// and no turns, no names, no bounds, no failures, nobody who watches. A question is a message that
// says who asks; its answer is a message too, and settles the promise of its number.
import { type PeerMessage, worksOf } from "./peer-works.ts";

type Handler = (payload: unknown) => void;

/** What a receiver does, by kind. */
type Receiver = readonly Handler[];
const tellKind = 0;
const questionKind = 0;
const answerKind = 1;

const settled = Promise.resolve();

/** Grows by doubling; reading and writing are a mask and an index. Hot: W1 tell, W2 ask. */
class DispatchLoop {
  #receivers: (Receiver | undefined)[] = new Array(1_024).fill(undefined);
  #kinds: number[] = new Array(1_024).fill(0);
  #payloads: unknown[] = new Array(1_024).fill(undefined);
  #mask = 1_023;
  #head = 0;
  #tail = 0;
  #isAwake = false;
  readonly #drain = (): void => {
    while (this.#head !== this.#tail) {
      const at = this.#head & this.#mask;
      const handler = this.#receivers[at]?.[this.#kinds[at] ?? 0];
      const payload = this.#payloads[at];
      this.#receivers[at] = undefined;
      this.#payloads[at] = undefined;
      this.#head += 1;
      handler?.(payload);
    }
    this.#isAwake = false;
  };

  send(receiver: Receiver, kind: number, payload: unknown): void {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const at = this.#tail & this.#mask;
    this.#receivers[at] = receiver;
    this.#kinds[at] = kind;
    this.#payloads[at] = payload;
    this.#tail += 1;
    if (this.#isAwake) return;
    this.#isAwake = true;
    settled.then(this.#drain);
  }

  #grow(): void {
    const size = this.#mask + 1;
    const first = this.#head & this.#mask;
    const twice = <T>(ring: T[], nothing: T): T[] => [
      ...ring.slice(first),
      ...ring.slice(0, first),
      ...new Array<T>(size).fill(nothing),
    ];
    this.#receivers = twice<Receiver | undefined>(this.#receivers, undefined);
    this.#kinds = twice(this.#kinds, 0);
    this.#payloads = twice<unknown>(this.#payloads, undefined);
    this.#head = 0;
    this.#tail = size;
    this.#mask = 2 * size - 1;
  }
}

interface Question {
  readonly value: number;
  readonly id: number;
  readonly from: Receiver;
}

interface Answer {
  readonly value: number;
  readonly id: number;
}

class Asker {
  readonly #loop: DispatchLoop;
  readonly #waiting = new Map<number, (value: number) => void>();
  readonly #receiver: Receiver;
  #asked = 0;

  constructor(loop: DispatchLoop) {
    this.#loop = loop;
    this.#receiver = [() => undefined, (answer) => this.#settle(answer as Answer)];
  }

  ask(receiver: Receiver, value: number): Promise<number> {
    return new Promise((resolve) => {
      this.#asked += 1;
      this.#waiting.set(this.#asked, resolve);
      const question: Question = { value, id: this.#asked, from: this.#receiver };
      this.#loop.send(receiver, questionKind, question);
    });
  }

  #settle({ id, value }: Answer): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(value);
  }
}

export const works = worksOf<Receiver>(() => {
  const loop = new DispatchLoop();
  const responder: Receiver = [
    (payload) => {
      const { from, id, value } = payload as Question;
      loop.send(from, answerKind, { id, value: value + 1 } satisfies Answer);
    },
  ];
  const asker = new Asker(loop);
  return Promise.resolve({
    spawn: (receive) => [(payload: unknown) => receive(payload as PeerMessage)],
    tell: (to, message) => loop.send(to, tellKind, message),
    responder: () => Promise.resolve((value: number) => asker.ask(responder, value)),
  });
});
