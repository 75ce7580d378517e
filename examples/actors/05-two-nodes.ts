// Two processes, one conversation: an actor of another node is used like any other, and when its node
// is killed, whoever watches it hears of that. Run it: npx tsx examples/actors/05-two-nodes.ts
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type AnyRef, ask, type Deferred, type Exit, protocol } from "#protocols/index.ts";
import { Actor, startSystem } from "#runtime/index.ts";

interface Poet {
  line(about: string): string;
}
const Poet = protocol<Poet>("letters.Poet@1", { line: ask({ within: 5_000 }) });

class PoetActor extends Actor<Poet> {
  static readonly protocol = Poet;

  override async start(): Promise<void> {
    await this.ctx.register("poet");
  }

  line(about: string): string {
    return `process ${process.pid} has nothing against ${about}`;
  }
}

interface Reader {
  read(about: string): string;
  farewell(): string;
}
const patiently = ask({ within: 30_000 });
const Reader = protocol<Reader>("letters.Reader@1", { read: patiently, farewell: patiently });

class ReaderActor extends Actor<Reader> {
  static readonly protocol = Reader;
  #say: (text: string) => void = () => {};
  readonly #said = new Promise<string>((say) => {
    this.#say = say;
  });

  async read(about: string): Promise<string> {
    // The other process may take a while to start.
    const poet = await this.ctx.lookup(Poet, "poet", { within: 30_000 });
    this.ctx.watch(poet);
    return poet.line(about);
  }

  farewell(): Deferred<string> {
    return this.ctx.defer(this.#said);
  }

  override terminated(poet: AnyRef, exit: Exit): void {
    this.#say(`${poet.$.toString()} is gone: ${exit.kind}`);
  }
}

/** The desk holds the directory of names. */
const startNode = (name: string, peers: ReadonlyMap<string, string>) =>
  startSystem({
    ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "desk", peers },
    protocols: [Poet],
    log: { write: () => {} },
  });

async function attic(desk: string): Promise<void> {
  process.on("disconnect", () => process.exit());
  const { system } = await startNode("attic", new Map([["desk", desk]]));
  system.spawn(PoetActor, { name: "poet" });
}

async function desk(): Promise<void> {
  const { address, system } = await startNode("desk", new Map());
  const other = fork(fileURLToPath(import.meta.url), [address]);
  const reader = system.spawn(ReaderActor, { name: "reader" });
  console.log(await reader.read("rain"));
  other.kill("SIGKILL");
  console.log(await reader.farewell());
  await system.stop();
}

await (process.argv[2] === undefined ? desk() : attic(process.argv[2]));
