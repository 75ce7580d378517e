// The floor: one ring of (receiver, message) for all, one microtask that drains it. No mailboxes, no
// turns, no names, no bounds, no failures, nobody who watches: actors it has none.
import type { Setting, Trial, Works } from "../contender.ts";
import { emptyLoopLateness } from "../lateness.ts";
import { produce, scatteredPlaces } from "../producer.ts";
import { Tally } from "../tally.ts";

interface Receiver<M> {
  receive(message: M): void;
}

const settled = Promise.resolve();

/** Grows by doubling; reading and writing are a mask and an index. Hot: W1 tell, W4. */
class BareLoop<M> {
  #receivers: (Receiver<M> | undefined)[] = new Array(1_024).fill(undefined);
  #messages: (M | undefined)[] = new Array(1_024).fill(undefined);
  #mask = 1_023;
  #head = 0;
  #tail = 0;
  #isAwake = false;
  readonly #drain = (): void => {
    while (this.#head !== this.#tail) {
      const at = this.#head & this.#mask;
      const receiver = this.#receivers[at];
      const message = this.#messages[at];
      this.#receivers[at] = undefined;
      this.#messages[at] = undefined;
      this.#head += 1;
      if (receiver && message !== undefined) receiver.receive(message);
    }
    this.#isAwake = false;
  };

  send(receiver: Receiver<M>, message: M): void {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const at = this.#tail & this.#mask;
    this.#receivers[at] = receiver;
    this.#messages[at] = message;
    this.#tail += 1;
    if (this.#isAwake) return;
    this.#isAwake = true;
    settled.then(this.#drain);
  }

  #grow(): void {
    const size = this.#mask + 1;
    const first = this.#head & this.#mask;
    const turned = <T>(ring: T[]): T[] => [...ring.slice(first), ...ring.slice(0, first)];
    const empty = new Array(size).fill(undefined);
    this.#receivers = turned(this.#receivers).concat(empty);
    this.#messages = turned(this.#messages).concat(empty);
    this.#head = 0;
    this.#tail = size;
    this.#mask = 2 * size - 1;
  }
}

interface Addition {
  readonly from: number;
  readonly by: number;
}

class Counter implements Receiver<Addition> {
  count = 0;
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  receive(message: Addition): void {
    this.count += message.by;
    this.#tally.add(message.by);
  }
}

function tell(): Trial {
  const tally = new Tally();
  const loop = new BareLoop<Addition>();
  const counter = new Counter(tally);
  const send = (index: number): void => loop.send(counter, { from: index, by: 1 });
  return {
    run: async (count) => ({ count: await tally.grown(count, () => produce(count, send)) }),
  };
}

function scattered({ actors }: Setting): Trial {
  const tally = new Tally();
  const loop = new BareLoop<Addition>();
  const counters = Array.from({ length: actors }, () => new Counter(tally));
  const places = scatteredPlaces(actors);
  const send = (index: number): void => {
    const counter = counters[places[index & (places.length - 1)] ?? 0];
    if (counter) loop.send(counter, { from: index, by: 1 });
  };
  return {
    run: async (count) => ({ count: await tally.grown(count, () => produce(count, send)) }),
  };
}

interface Question {
  readonly value: number;
  readonly reply: (value: number) => void;
}

function ask(): Trial {
  const loop = new BareLoop<Question>();
  const responder: Receiver<Question> = { receive: ({ reply, value }) => reply(value + 1) };
  const asked = (value: number): Promise<number> =>
    new Promise((reply) => loop.send(responder, { value, reply }));
  return {
    run: async (count) => {
      let value = 0;
      while (value < count) value = await asked(value);
      return { count: value };
    },
  };
}

interface Hop {
  readonly left: number;
}

class Station implements Receiver<Hop> {
  next: Station = this;
  readonly #loop: BareLoop<Hop>;
  readonly #tally: Tally;

  constructor(loop: BareLoop<Hop>, tally: Tally) {
    this.#loop = loop;
    this.#tally = tally;
  }

  receive({ left }: Hop): void {
    this.#tally.add(1);
    if (left > 1) this.#loop.send(this.next, { left: left - 1 });
  }
}

/** Two stations are a ping-pong. */
function ring({ actors }: Setting): Trial {
  const tally = new Tally();
  const loop = new BareLoop<Hop>();
  const stations = Array.from({ length: actors }, () => new Station(loop, tally));
  for (const [index, station] of stations.entries()) {
    station.next = stations[(index + 1) % actors] ?? station;
  }
  return {
    run: async (count) => ({
      count: await tally.grown(count, () => stations[0] && loop.send(stations[0], { left: count })),
    }),
  };
}

/** Each sender gets the word once and sends its share to the one counter. */
function fanIn({ actors }: Setting): Trial {
  const tally = new Tally();
  const loop = new BareLoop<Addition>();
  const counter = new Counter(tally);
  const senders = Array.from({ length: actors }, (_, from) => ({
    receive: ({ by }: Addition) => {
      for (let index = 0; index < by; index += 1) loop.send(counter, { from, by: 1 });
    },
  }));
  const begin = (share: number): void => {
    for (const sender of senders) loop.send(sender, { from: 0, by: share });
  };
  return {
    run: async (count) => ({ count: await tally.grown(count, () => begin(count / actors)) }),
  };
}

function spawn(): Trial {
  const tally = new Tally();
  const loop = new BareLoop<Addition>();
  const actors = new Map<string, Counter>();
  return {
    run: (count) => {
      const before = actors.size;
      for (let index = 0; index < count; index += 1) {
        actors.set(`a${actors.size}`, new Counter(tally));
      }
      return Promise.resolve({ count: actors.size - before });
    },
    livingCount: () =>
      tally.grown(actors.size, () => {
        for (const actor of actors.values()) loop.send(actor, { from: 0, by: 1 });
      }),
  };
}

/** A new object in place of the one that threw. */
function restart(): Trial {
  const loop = new BareLoop<Question>();
  const fragile = { receive: ({ reply, value }: Question) => failing(value, reply) };
  return {
    run: async (count) => {
      const latenciesMs: number[] = [];
      for (let index = 0; index < count; index += 1) {
        const startedAt = performance.now();
        await new Promise<number>((reply) => loop.send(fragile, { value: index, reply }));
        latenciesMs.push(performance.now() - startedAt);
      }
      return { count: latenciesMs.length, latenciesMs };
    },
  };
}

function failing(value: number, reply: (value: number) => void): void {
  try {
    throw new Error("on purpose");
  } catch {
    const instance = new Counter(new Tally());
    instance.receive({ from: value, by: 1 });
    reply(instance.count);
  }
}

export const works = {
  tell,
  scattered,
  ask,
  "ping-pong": () => ring({ actors: 2 }),
  ring,
  "fan-in": fanIn,
  spawn,
  restart,
  lateness: emptyLoopLateness,
} satisfies Works;
