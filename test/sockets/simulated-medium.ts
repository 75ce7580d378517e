// Two ends of links in the simulation, with a network of their own.
import { createCodec } from "#protocols/codec.ts";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import { networkWeather } from "#runtime/testkit/simulation/network-weather.ts";
import { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import { SimulatedProcess } from "#runtime/testkit/simulation/simulated-process.ts";
import { Heard } from "./heard.ts";
import { type End, type Medium, nextTurn, replied } from "./medium.ts";

class NoRef {}

export const simulated: Medium = {
  name: "simulated carrier",
  isLink: true,
  canBeCut: true,
  open: async () => {
    const scene = new SimulatedScene();
    const [a, b] = await Promise.all([scene.end("a", "b"), scene.end("b", "a")]);
    return { a, b, cut: () => scene.cut() };
  },
  openAlone: () => new SimulatedScene().end("a", "b"),
};

class SimulatedScene {
  readonly #chance = Chance.ofSeed(7);
  readonly #agenda = new Agenda(this.#chance.branch("order").random);
  readonly #network = new SimulatedNetwork(
    { agenda: this.#agenda, chance: this.#chance.branch("network"), trace: new RunTrace() },
    networkWeather("lan", this.#chance),
  );
  #sessions = 0;

  cut(): number {
    const wires = this.#network.wiresBetween({ from: "a", to: "b" }, "both");
    for (const wire of wires) this.#network.break(wire);
    return wires.length;
  }

  async end(name: "a" | "b", peer: "a" | "b"): Promise<End> {
    const agenda = this.#agenda;
    const heard = new Heard(name);
    const process = new SimulatedProcess({
      node: { name, incarnation: 1 },
      address: addressOf(name),
      peers: new Map([[peer, addressOf(peer)]]),
      agenda,
      chance: this.#chance.branch(name),
      network: this.#network,
      codec: createCodec({
        refs: { describe: () => undefined, revive: () => undefined },
        refClass: NoRef,
      }),
      newSession: () => ++this.#sessions,
      now: () => agenda.nowMs,
      noted: () => {},
    });
    await process.begin(heard);
    const { transport } = process;
    const turn = async (): Promise<void> => {
      agenda.runUntil(agenda.nowMs + 1);
      await nextTurn();
    };
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await turn();
    };
    return {
      heard,
      send: (value, to = { name: peer, incarnation: 0 }) => transport.send(to, replied(value)),
      until,
      turn,
      stop: async (withinMs) => {
        let isOver = false;
        void transport.stop(agenda.nowMs + withinMs).then(() => {
          isOver = true;
        });
        await until(() => isOver);
      },
      links: {
        statistics: () => transport.statistics().find((each) => each.peer.name === peer),
        release: () => {
          const { from, messages, bytes } = heard.takeKept();
          transport.released(from, messages, bytes);
        },
      },
    };
  }
}

const addressOf = (name: "a" | "b"): string => `tcp://127.0.0.1:${name === "a" ? 7001 : 7002}`;
