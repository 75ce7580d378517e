// Troupe under full load: what the event loop and the actors with little to do notice of the others.
import type { Ref } from "#protocols/actor-ref.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor, type ActorSystem, startLocalSystem } from "#runtime/index.ts";
import type { Setting, Trial } from "../contender.ts";
import { latenessDuring } from "../lateness.ts";
import { ferried, type Sample } from "../quiet-senders.ts";
import { silent } from "./silent-log.ts";

/** What runs as long as it is on, and how many messages that took. */
interface Load {
  isOn: boolean;
  handled: number;
}

interface Spinner {
  join(next: Ref<Spinner>): void;
  spin(): void;
}
const Spinner = protocol<Spinner>("bench.Spinner@1", { join: tell, spin: tell });

class SpinnerActor
  extends Actor<Spinner, { next: Ref<Spinner> | undefined; load: Load }>
  implements Handlers<Spinner>
{
  static readonly protocol = Spinner;
  static initial = (load: Load): { next: Ref<Spinner> | undefined; load: Load } => ({
    next: undefined,
    load,
  });

  join(next: Ref<Spinner>): void {
    this.state.next = next;
  }

  spin(): void {
    const { load, next } = this.state;
    load.handled += 1;
    if (load.isOn) next?.spin();
  }
}

/** Pairs that never stop sending to one another. */
export async function lateness({ actors }: Setting): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const load: Load = { isOn: false, handled: 0 };
  const spinners = Array.from({ length: actors }, () => system.spawn(SpinnerActor, load));
  for (const [index, spinner] of spinners.entries()) {
    const partner = spinners[index ^ 1];
    if (partner) spinner.join(partner);
  }
  return {
    run: async (ms) => {
      const before = load.handled;
      load.isOn = true;
      for (const spinner of spinners) spinner.spin();
      const latenciesMs = await latenessDuring(ms);
      load.isOn = false;
      return { count: load.handled - before, latenciesMs };
    },
  };
}

interface Quiet {
  receive(sample: Sample): void;
}
const Quiet = protocol<Quiet>("bench.Quiet@1", { receive: tell });

class QuietActor extends Actor<Quiet> implements Handlers<Quiet> {
  static readonly protocol = Quiet;

  receive({ sentAt, latenciesMs }: Sample): void {
    latenciesMs.push(performance.now() - sentAt);
  }
}

/** Messages that the hot actor keeps in its own mailbox. */
const hotMessages = 1_000;

/** One actor that is never done, and many of which each gets a message now and then. */
export async function fairness({ actors }: Setting): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const load: Load = { isOn: false, handled: 0 };
  const hot = system.spawn(SpinnerActor, load);
  hot.join(hot);
  const quiet = quietTrial(system, actors);
  return {
    run: async (ms) => {
      load.isOn = true;
      for (let index = 0; index < hotMessages; index += 1) hot.spin();
      const done = await quiet.run(ms);
      load.isOn = false;
      return done;
    },
  };
}

export async function quietAlone({ actors }: Setting): Promise<Trial> {
  return quietTrial(await startLocalSystem({ log: silent }), actors);
}

function quietTrial(system: ActorSystem, actors: number): Trial {
  const refs = Array.from({ length: actors }, () => system.spawn(QuietActor));
  return { run: (ms) => ferried(ms, actors, (to, sample) => refs[to]?.receive(sample)) };
}
