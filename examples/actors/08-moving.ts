// An actor moves to another node and back while it is asked: no question is lost, none is answered twice,
// and its ref stays as it is. Run it: npx tsx examples/actors/08-moving.ts
import { ask, protocol } from "#protocols/index.ts";
import { Actor, startSystem } from "#runtime/index.ts";

interface Tally {
  next(): { readonly number: number; readonly by: string };
}
const Tally = protocol<Tally>("moving.Tally@1", { next: ask });

class TallyActor extends Actor<Tally, { count: number }> {
  static readonly protocol = Tally;
  static initial = () => ({ count: 0 });

  next(): { readonly number: number; readonly by: string } {
    this.state.count += 1;
    return { number: this.state.count, by: this.ctx.node.name };
  }
}

/** `actors` says which classes may come from other nodes. */
const startNode = (name: string, peers: ReadonlyMap<string, string>) =>
  startSystem({
    ...{ node: { name, incarnation: 1 }, bind: "tcp://127.0.0.1:*", director: "left", peers },
    ...{ protocols: [Tally], actors: [TallyActor], log: { write: () => {} } },
  });

const left = await startNode("left", new Map());
const right = await startNode("right", new Map([["left", left.address]]));
await right.session.opened;

const tally = left.system.spawn(TallyActor, { name: "tally" });
const answers: Promise<{ readonly number: number; readonly by: string }>[] = [];
const asking = setInterval(() => {
  for (let times = 0; times < 30 && answers.length < 3_000; times += 1) answers.push(tally.next());
}, 1);

await left.system.move(tally, { to: "right" });
await new Promise((resolve) => setTimeout(resolve, 50));
await left.system.move(tally, { to: "left" });
console.log(`${(await tally.next()).by}: moved twice`);

while (answers.length < 3_000) await new Promise((resolve) => setTimeout(resolve, 10));
clearInterval(asking);
const said = await Promise.all(answers);
const numbers = said.map(({ number }) => number);
const isInOrder = numbers.every((number, index) => number > (numbers[index - 1] ?? 0));
const by = (name: string): number => said.filter((answer) => answer.by === name).length;
const result = isInOrder ? "in order" : "OUT OF ORDER";
console.log(
  `left counted ${by("left")} and right counted ${by("right")}: ${numbers.length} ${result}`,
);

await right.system.shutdown();
await left.system.shutdown();
