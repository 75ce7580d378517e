// The works of all JavaScript peers, written once over the four things that a runtime has to offer.
// An indirect call more a message is nothing beside what they cost.
import type { Setting, Trial, Works } from "../contender.ts";
import { latenessDuring } from "../lateness.ts";
import { produce, scatteredPlaces } from "../producer.ts";
import { ferried } from "../quiet-senders.ts";
import { Tally } from "../tally.ts";

/** Two fields, and `type` for the runtimes that go by it. */
export interface PeerMessage {
  readonly type: "message";
  readonly from: number;
  readonly by: number;
}

export interface PeerRuntime<H> {
  spawn(receive: (message: PeerMessage) => void): H | Promise<H>;
  tell(to: H, message: PeerMessage): void;
  /** Spawns an actor that answers with the next number; answers how to ask it. */
  responder(): Promise<(value: number) => Promise<number>>;
  /**
   * Spawns a supervised actor that can be made to fail: `fail` does that, `instance` asks for the
   * number of the instance that lives now. Undefined: it restarts nothing.
   */
  fragile?(): Promise<{ fail(): void; instance(): Promise<number> }>;
}

const one = (from: number): PeerMessage => ({ type: "message", from, by: 1 });
const counted = async (tally: Tally, by: number, work: () => unknown) => ({
  count: await tally.grown(by, work),
});

/** `start` is called once a trial. */
export function worksOf<H>(start: () => Promise<PeerRuntime<H>>): Works {
  return {
    tell: async () => tell(await start()),
    scattered: async (setting) => scattered(await start(), setting),
    ask: async () => ask(await start()),
    "ping-pong": async () => ring(await start(), { actors: 2 }),
    ring: async (setting) => ring(await start(), setting),
    "fan-in": async (setting) => fanIn(await start(), setting),
    spawn: async () => spawn(await start()),
    restart: async () => restart(await start()),
    lateness: async (setting) => lateness(await start(), setting),
    fairness: async (setting) => fairness(await start(), setting),
  };
}

async function many<H>(count: number, spawnOne: (index: number) => H | Promise<H>): Promise<H[]> {
  const actors: H[] = [];
  for (let index = 0; index < count; index += 1) {
    const actor = spawnOne(index);
    actors.push(actor instanceof Promise ? await actor : actor);
  }
  return actors;
}

async function tell<H>(runtime: PeerRuntime<H>): Promise<Trial> {
  const tally = new Tally();
  const counter = await runtime.spawn((message) => tally.add(message.by));
  const send = (index: number): void => runtime.tell(counter, one(index));
  return { run: (count) => counted(tally, count, () => produce(count, send)) };
}

async function scattered<H>(runtime: PeerRuntime<H>, { actors }: Setting): Promise<Trial> {
  const tally = new Tally();
  const counters = await many(actors, () => runtime.spawn((message) => tally.add(message.by)));
  const places = scatteredPlaces(actors);
  const send = (index: number): void => {
    const counter = counters[places[index & (places.length - 1)] ?? 0];
    if (counter !== undefined) runtime.tell(counter, one(index));
  };
  return { run: (count) => counted(tally, count, () => produce(count, send)) };
}

async function ask<H>(runtime: PeerRuntime<H>): Promise<Trial> {
  const tally = new Tally();
  const next = await runtime.responder();
  const asker = await runtime.spawn(async ({ by: count }) => {
    let value = 0;
    while (value < count) value = await next(value);
    tally.add(value);
  });
  return {
    run: (count) =>
      counted(tally, count, () => runtime.tell(asker, { type: "message", from: 0, by: count })),
  };
}

/** Two stations are a ping-pong. */
async function ring<H>(runtime: PeerRuntime<H>, { actors }: Setting): Promise<Trial> {
  const tally = new Tally();
  const stations: H[] = await many(actors, (index) =>
    runtime.spawn(({ by: left, from }) => {
      tally.add(1);
      const next = stations[(index + 1) % actors];
      if (left > 1 && next !== undefined)
        runtime.tell(next, { type: "message", from, by: left - 1 });
    }),
  );
  const begin = (count: number): void => {
    const [first] = stations;
    if (first !== undefined) runtime.tell(first, { type: "message", from: 0, by: count });
  };
  return { run: (count) => counted(tally, count, () => begin(count)) };
}

async function fanIn<H>(runtime: PeerRuntime<H>, { actors }: Setting): Promise<Trial> {
  const tally = new Tally();
  const counter = await runtime.spawn((message) => tally.add(message.by));
  const senders = await many(actors, (from) =>
    runtime.spawn(({ by: share }) => {
      for (let index = 0; index < share; index += 1) runtime.tell(counter, one(from));
    }),
  );
  const begin = (share: number): void => {
    for (const sender of senders) runtime.tell(sender, { type: "message", from: 0, by: share });
  };
  return { run: (count) => counted(tally, count, () => begin(count / actors)) };
}

function spawn<H>(runtime: PeerRuntime<H>): Trial {
  const tally = new Tally();
  const actors: H[] = [];
  const receive = (message: PeerMessage): void => tally.add(message.by);
  return {
    run: async (count) => {
      for (const actor of await many(count, () => runtime.spawn(receive))) actors.push(actor);
      const last = actors.at(-1);
      await tally.grown(1, () => last !== undefined && runtime.tell(last, one(0)));
      return { count };
    },
    livingCount: () =>
      tally.grown(actors.length, () =>
        produce(actors.length, (index) => {
          const actor = actors[index];
          if (actor !== undefined) runtime.tell(actor, one(index));
        }),
      ),
  };
}

async function restart<H>(runtime: PeerRuntime<H>): Promise<Trial> {
  const fragile = await runtime.fragile?.();
  if (!fragile) throw new Error("this runtime restarts nothing");
  return {
    run: async (count) => {
      const latenciesMs: number[] = [];
      const before = await fragile.instance();
      for (let index = 0; index < count; index += 1) {
        const startedAt = performance.now();
        fragile.fail();
        await fragile.instance();
        latenciesMs.push(performance.now() - startedAt);
      }
      return { count: (await fragile.instance()) - before, latenciesMs };
    },
  };
}

/** Pairs that never stop sending to one another. */
async function lateness<H>(runtime: PeerRuntime<H>, { actors }: Setting): Promise<Trial> {
  const load = { isOn: false, handled: 0 };
  const spinners: H[] = await many(actors, (index) =>
    runtime.spawn(() => {
      load.handled += 1;
      const partner = spinners[index ^ 1];
      if (load.isOn && partner !== undefined) runtime.tell(partner, one(index));
    }),
  );
  return {
    run: async (ms) => {
      const before = load.handled;
      load.isOn = true;
      for (const spinner of spinners) runtime.tell(spinner, one(0));
      const latenciesMs = await latenessDuring(ms);
      load.isOn = false;
      return { count: load.handled - before, latenciesMs };
    },
  };
}

/** One actor that keeps a thousand messages in its own mailbox, and many that have little to do. */
async function fairness<H>(runtime: PeerRuntime<H>, { actors }: Setting): Promise<Trial> {
  const load: { isOn: boolean; hot: H | undefined } = { isOn: false, hot: undefined };
  const hot = await runtime.spawn(() => {
    if (load.isOn && load.hot !== undefined) runtime.tell(load.hot, one(0));
  });
  load.hot = hot;
  let latenciesMs: number[] = [];
  const quiet = await many(actors, () =>
    runtime.spawn(({ from: sentAt }) => {
      latenciesMs.push(performance.now() - sentAt);
    }),
  );
  return {
    run: async (ms) => {
      load.isOn = true;
      for (let index = 0; index < 1_000; index += 1) runtime.tell(hot, one(0));
      const done = await ferried(ms, actors, (to, sample) => {
        latenciesMs = sample.latenciesMs;
        const actor = quiet[to];
        if (actor !== undefined) runtime.tell(actor, one(sample.sentAt));
      });
      load.isOn = false;
      return done;
    },
  };
}
