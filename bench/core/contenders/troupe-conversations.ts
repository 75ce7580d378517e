// Troupe: actors that talk to one another: asks in sequence, a ball between two, a token in a ring.
import type { Ref } from "#protocols/actor-ref.ts";
import { ask as askKind, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor, startLocalSystem } from "#runtime/index.ts";
import type { Setting, Trial } from "../contender.ts";
import { Tally } from "../tally.ts";
import { silent } from "./silent-log.ts";

interface Responder {
  next(value: number): number;
}
const Responder = protocol<Responder>("bench.Responder@1", { next: askKind });

class ResponderActor extends Actor<Responder> implements Handlers<Responder> {
  static readonly protocol = Responder;

  next(value: number): number {
    return value + 1;
  }
}

interface Asker {
  begin(count: number): void;
}
const Asker = protocol<Asker>("bench.Asker@1", { begin: tell });

class AskerActor
  extends Actor<Asker, { responder: Ref<Responder>; tally: Tally }>
  implements Handlers<Asker>
{
  static readonly protocol = Asker;
  static initial = (args: { responder: Ref<Responder>; tally: Tally }) => args;

  async begin(count: number): Promise<void> {
    const { responder, tally } = this.state;
    let value = 0;
    while (value < count) value = await responder.next(value);
    tally.add(value);
  }
}

/** One actor asks another, the next question after each answer. */
export async function ask(): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const tally = new Tally();
  const responder = system.spawn(ResponderActor);
  const asker = system.spawn(AskerActor, { responder, tally });
  return {
    run: async (count) => ({ count: await tally.grown(count, () => asker.begin(count)) }),
  };
}

interface Hop {
  readonly left: number;
}
interface Station {
  join(next: Ref<Station>): void;
  take(hop: Hop): void;
}
const Station = protocol<Station>("bench.Station@1", { join: tell, take: tell });

class StationActor
  extends Actor<Station, { next: Ref<Station> | undefined; tally: Tally }>
  implements Handlers<Station>
{
  static readonly protocol = Station;
  static initial = (tally: Tally): { next: Ref<Station> | undefined; tally: Tally } => ({
    next: undefined,
    tally,
  });

  join(next: Ref<Station>): void {
    this.state.next = next;
  }

  take({ left }: Hop): void {
    this.state.tally.add(1);
    if (left > 1) this.state.next?.take({ left: left - 1 });
  }
}

/** Two stations are a ping-pong. */
export const pingPong = (): Promise<Trial> => ring({ actors: 2 });

export async function ring({ actors }: Setting): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const tally = new Tally();
  const stations = Array.from({ length: actors }, () => system.spawn(StationActor, tally));
  for (const [index, station] of stations.entries()) {
    const next = stations[(index + 1) % actors];
    if (next) station.join(next);
  }
  return {
    run: async (count) => ({
      count: await tally.grown(count, () => stations[0]?.take({ left: count })),
    }),
  };
}
