// Actors elsewhere: a conductor supervises a player in another process. When it crashes it is begun anew
// there; when its process is killed, another takes over. npx tsx examples/actors/06-actors-elsewhere.ts
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ask, type Deferred, protocol, type Ref } from "#protocols/index.ts";
import { Actor, startSystem } from "#runtime/index.ts";

interface Player {
  play(note: string): string;
}
const patient = ask({ within: 30_000 });
const Player = protocol<Player>("music.Player@1", { play: patient });

class PlayerActor extends Actor<Player, { instrument: string; played: number }> {
  static readonly protocol = Player;
  static initial = ({ instrument }: { instrument: string }) => ({ instrument, played: 0 });

  play(note: string): string {
    if (note === "?") throw new Error("what note is that?");
    this.state.played += 1;
    const { instrument, played } = this.state;
    return `${note} on the ${instrument} in the ${this.ctx.node.name}, note ${played}`;
  }
}

interface Conductor {
  conduct(note: string): string;
}
const Conductor = protocol<Conductor>("music.Conductor@1", { conduct: patient });

class ConductorActor extends Actor<Conductor> {
  static readonly protocol = Conductor;
  #player: Ref<Player> | undefined;

  override async start(): Promise<void> {
    this.#player = await this.ctx.spawnOn({ role: "stage" }, PlayerActor, { instrument: "horn" });
  }

  conduct(note: string): Deferred<string> {
    return this.ctx.defer(this.#player?.play(note) ?? Promise.reject(new Error("nobody plays")));
  }
}

const startNode = (name: string, roles: readonly string[], peers: ReadonlyMap<string, string>) =>
  startSystem({
    ...{ node: { name, incarnation: Date.now() }, bind: "tcp://127.0.0.1:*", director: "hall" },
    ...{ peers, roles, protocols: [Player], actors: [PlayerActor], log: { write: () => {} } },
  });

async function stage(name: string, hall: string): Promise<void> {
  process.on("disconnect", () => process.exit());
  await startNode(name, ["stage"], new Map([["hall", hall]]));
  process.send?.("ready");
}

async function hall(): Promise<void> {
  const { address, system } = await startNode("hall", [], new Map());
  const open = (name: string) => fork(fileURLToPath(import.meta.url), [name, address]);
  const stages = { east: open("east"), west: open("west") };
  await Promise.all(Object.values(stages).map((child) => once(child, "message")));
  const conductor = system.spawn(ConductorActor);
  const say = async (note: string): Promise<string> => {
    const heard = await conductor.conduct(note).catch(String);
    console.log(heard);
    return heard;
  };
  for (const note of ["do", "re", "?"]) await say(note);
  const heard = await say("mi");
  stages[heard.includes("east") ? "east" : "west"].kill("SIGKILL");
  for (const note of ["fa", "so"]) await say(note);
  await system.stop();
  for (const child of Object.values(stages)) child.kill();
}

const [name, address = ""] = process.argv.slice(2);
await (name === undefined ? hall() : stage(name, address));
