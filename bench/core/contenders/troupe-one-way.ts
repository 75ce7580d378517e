// Troupe: one-way messages from outside to one actor, to many at random, from many to one; and
// actors that only stand there.
import type { Ref } from "#protocols/actor-ref.ts";
import { type Handlers, protocol, tell as tellKind } from "#protocols/protocol.ts";
import { Actor, type ActorSystem, startLocalSystem } from "#runtime/index.ts";
import type { Setting, Trial } from "../contender.ts";
import { produce, scatteredPlaces } from "../producer.ts";
import { Tally } from "../tally.ts";
import { silent } from "./silent-log.ts";

interface Addition {
  readonly from: number;
  readonly by: number;
}
interface Counter {
  add(addition: Addition): void;
}
const Counter = protocol<Counter>("bench.Counter@1", { add: tellKind });

export class CounterActor
  extends Actor<Counter, { count: number; tally: Tally }>
  implements Handlers<Counter>
{
  static readonly protocol = Counter;
  static initial = (tally: Tally) => ({ count: 0, tally });

  add(addition: Addition): void {
    this.state.count += addition.by;
    this.state.tally.add(addition.by);
  }
}

export async function tell(): Promise<Trial> {
  return tellTrial(await startLocalSystem({ log: silent }));
}

export function tellTrial(system: ActorSystem): Trial {
  const tally = new Tally();
  const counter = system.spawn(CounterActor, tally);
  const send = (index: number): void => counter.add({ from: index, by: 1 });
  return {
    run: async (count) => ({ count: await tally.grown(count, () => produce(count, send)) }),
  };
}

export const scattered = ({ actors }: Setting): Promise<Trial> =>
  scatteredOver(scatteredPlaces(actors), actors);

/** Messages to ten, which stand far apart among the others. */
export function tenAmongMany({ actors }: Setting): Promise<Trial> {
  const apart = Math.floor(actors / 10);
  return scatteredOver(
    scatteredPlaces(10).map((place) => place * apart),
    actors,
  );
}

async function scatteredOver(places: Uint32Array, actors: number): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const tally = new Tally();
  const counters = Array.from({ length: actors }, () => system.spawn(CounterActor, tally));
  const send = (index: number): void =>
    counters[places[index & (places.length - 1)] ?? 0]?.add({ from: index, by: 1 });
  return {
    run: async (count) => ({ count: await tally.grown(count, () => produce(count, send)) }),
  };
}

interface Sender {
  begin(share: number): void;
}
const Sender = protocol<Sender>("bench.Sender@1", { begin: tellKind });

class SenderActor
  extends Actor<Sender, { from: number; to: Ref<Counter> }>
  implements Handlers<Sender>
{
  static readonly protocol = Sender;
  static initial = (args: { from: number; to: Ref<Counter> }) => args;

  begin(share: number): void {
    const { from, to } = this.state;
    for (let index = 0; index < share; index += 1) to.add({ from, by: 1 });
  }
}

/** Each sender gets the word once and sends its share to the one counter, whose mailbox takes all. */
export async function fanIn({ actors }: Setting): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const tally = new Tally();
  const mailbox = { capacity: 10_000_000, whenFull: "reject" } as const;
  const to = system.spawn(CounterActor, tally, { mailbox });
  const senders = Array.from({ length: actors }, (_, from) =>
    system.spawn(SenderActor, { from, to }),
  );
  const begin = (share: number): void => {
    for (const sender of senders) sender.begin(share);
  };
  return {
    run: async (count) => ({ count: await tally.grown(count, () => begin(count / actors)) }),
  };
}

export async function spawn(): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const tally = new Tally();
  const actors: Ref<Counter>[] = [];
  return {
    run: async (count) => {
      const before = actors.length;
      for (let index = 0; index < count; index += 1) {
        actors.push(system.spawn(CounterActor, tally));
      }
      await tally.grown(1, () => actors.at(-1)?.add({ from: 0, by: 1 }));
      return { count: actors.length - before };
    },
    livingCount: () =>
      tally.grown(actors.length, () =>
        produce(actors.length, (index) => actors[index]?.add({ from: 0, by: 1 })),
      ),
  };
}
