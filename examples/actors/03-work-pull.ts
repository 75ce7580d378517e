// Three workers of different speed fetch from one bounded hub: the slow one delays nobody, and the
// producer waits when there is no room. Run it: npx tsx examples/actors/03-work-pull.ts
import { protocol, type Ref, tell } from "#protocols/index.ts";
import {
  Actor,
  type PullWorker,
  startLocalSystem,
  type WorkHub,
  workHubOf,
} from "#runtime/index.ts";

const Hub = workHubOf<string>("darkroom.Hub@1");

const Developer = protocol<PullWorker<string>>("darkroom.Developer@1", { work: tell });

interface Bench {
  readonly name: string;
  readonly hub: Ref<WorkHub<string>>;
  readonly msEach: number;
}

class DeveloperActor extends Actor<PullWorker<string>, Bench & { done: number }> {
  static readonly protocol = Developer;
  static initial = (bench: Bench) => ({ ...bench, done: 0 });

  override async start(): Promise<void> {
    await this.state.hub.join(this.ctx.self, 2);
  }

  async work(delivery: number, photograph: string): Promise<void> {
    await this.ctx.sleep(this.state.msEach);
    this.state.done += 1;
    if (this.state.done % 10 === 0) {
      console.log(`${this.state.name} has developed ${this.state.done}, the last: ${photograph}`);
    }
    this.state.hub.finish(this.ctx.self, delivery);
  }
}

const system = await startLocalSystem();
const hub = system.spawn(Hub, { capacity: 8, offersWaitingMax: 1, deliveriesMax: 3 });
for (const [name, msEach] of [
  ["Ada", 2],
  ["Ben", 4],
  ["Cleo", 20],
] as const) {
  await system.started(system.spawn(DeveloperActor, { name, hub, msEach }, { name }));
}

const startedAt = performance.now();
let waitedMs = 0;
for (let number = 1; number <= 100; number += 1) {
  const offeredAt = performance.now();
  // Answered when the photograph is in the hub: a producer can never run ahead of the workers.
  await hub.offer(`photograph ${number}`);
  waitedMs += performance.now() - offeredAt;
}
while ((await hub.status()).finished < 100) await new Promise((next) => setTimeout(next, 5));
const tookMs = Math.round(performance.now() - startedAt);
console.log(
  `100 photographs in ${tookMs} ms; the producer waited ${Math.round(waitedMs)} ms of it`,
);
await system.stop();
