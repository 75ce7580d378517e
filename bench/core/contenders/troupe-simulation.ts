// Troupe in virtual time: how fast simulated clusters go by. Three nodes with real links on a network
// and machines that fail; on each an actor that at every step tells its neighbour a number and asks it for
// another. Each world is a seed of its own.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import { type SimulationResult, simulate } from "#runtime/testkit/simulation/simulate.ts";
import type { Trial, Works } from "../contender.ts";

const nodes: readonly string[] = ["a", "b", "c"];
const answerMsMax = 1_000;

interface Neighbour {
  take(number: number): void;
  next(number: number): number;
}
const Neighbour = protocol<Neighbour>("bench.Neighbour@1", { take: tell, next: ask });

interface Talk {
  readonly to: Ref<Neighbour>;
  readonly stepMs: number;
  taken: number;
  asked: number;
  isAsking: boolean;
}

class NeighbourActor
  extends Actor<Neighbour, Talk, { step(): void; asked(number: number): void; missed(): void }>
  implements Handlers<Neighbour>
{
  static readonly protocol = Neighbour;
  static initial = (terms: { to: Ref<Neighbour>; stepMs: number }): Talk => ({
    ...terms,
    ...{ taken: 0, asked: 0, isAsking: false },
  });

  override start(): void {
    this.ctx.every(this.state.stepMs, "step");
  }

  step(): void {
    const { asked, to } = this.state;
    to.take(1);
    if (this.state.isAsking) return;
    this.state.isAsking = true;
    this.ctx.pipe(to.$.with({ within: answerMsMax }).next(asked), "asked", "missed");
  }

  asked(number: number): void {
    this.state.asked = number;
    this.state.isAsking = false;
  }

  /** The network may lose a question. */
  missed(): void {
    this.state.isAsking = false;
  }

  take(number: number): void {
    this.state.taken += number;
  }

  next(number: number): number {
    return number + 1;
  }
}

interface World {
  readonly seed: number;
  readonly stepMs: number;
}

const world = ({ seed, stepMs }: World): Promise<SimulationResult> =>
  simulate({
    ...{ seed, nodes, until: "10s", settle: "5s" },
    ...{ faults: swarm(), protocols: [Neighbour], checks: [] },
    build: ({ node, system }) => {
      const next = nodes[(nodes.indexOf(node.name) + 1) % nodes.length];
      const to = system.refTo(Neighbour, { node: next ?? "a", path: "/neighbour" });
      system.spawn(NeighbourActor, { to, stepMs }, { name: "neighbour" });
    },
  });

const simulated = (stepMs: number, measure: (result: SimulationResult) => number): Trial => {
  let seed = 0;
  return {
    run: async (ms) => {
      let count = 0;
      for (const startedAt = performance.now(); performance.now() - startedAt < ms; ) {
        seed += 1;
        const result = await world({ seed, stepMs });
        if (result.violation) {
          throw new Failure("invalid", `seed ${seed} broke: ${result.violation.statement}`);
        }
        count += measure(result);
      }
      return { count };
    },
  };
};

export const works: Works = {
  // A busy cluster.
  "simulated events": () => simulated(5, ({ events }) => events),
  // One whose actors talk ten times a second; in virtual milliseconds.
  "simulated time": () => simulated(100, ({ virtualMs }) => virtualMs),
};
