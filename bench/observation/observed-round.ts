// One round in a process of its own, so that no other variant has shaped the compiled code:
// `observed-round.ts VARIANT WORK MESSAGES` prints how many messages took how long, as JSON. It is
// processor time, garbage collection included: what neighbours do on the machine counts less in it.
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Observer } from "#runtime/core/observer.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { Observation } from "#runtime/observation/observation.ts";
import { spansTo } from "#runtime/observation/span-writer.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

interface Target {
  add(by: number): void;
  total(): number;
}
const Target = protocol<Target>("bench.Target@1", { add: tell, total: ask });

class TargetActor extends Actor<Target, { total: number }> implements Handlers<Target> {
  static readonly protocol = Target;
  static initial = () => ({ total: 0 });
  add(by: number): void {
    this.state.total += by;
  }
  total(): number {
    return this.state.total;
  }
}

const ignore = (): undefined => undefined;
const silentObserver: Observer = {
  handling: ignore,
  handled: ignore,
  spawned: ignore,
  crashed: ignore,
  restarted: ignore,
  ended: ignore,
  dead: ignore,
  sending: ignore,
};

/** Messages sent at once; fewer than a mailbox takes. */
const burst = 1_000;

function observerOf(variant: string): Observer | undefined {
  const random = nodeRandom();
  const sink = spansTo(ignore, random);
  switch (variant) {
    case "none":
      return undefined;
    case "silent":
      return silentObserver;
    case "standard":
      return new Observation({ clock: nodeClock }).observer;
    case "spans of none":
      return new Observation({ clock: nodeClock, tracing: { sink, random, sampledShare: 0 } })
        .observer;
    case "spans of all":
      return new Observation({ clock: nodeClock, tracing: { sink, random } }).observer;
    default:
      throw new Failure("invalid", `there is no variant ${variant}`);
  }
}

const [variant = "", work = "", messages = "0"] = process.argv.slice(2);
const observer = observerOf(variant);
const system = await startLocalSystem({
  log: { write: () => {} },
  ...(observer === undefined ? {} : { observer }),
});
const target = system.spawn(TargetActor, { name: "target" });

async function play(count: number): Promise<void> {
  for (let done = 0; done < count; done += burst) {
    if (work === "ask") {
      for (let index = 0; index < burst; index += 1) await target.total();
    } else {
      for (let index = 1; index < burst; index += 1) target.add(1);
      await target.total();
    }
  }
}

const count = Number(messages);
await play(count / 2);
const begin = process.cpuUsage();
await play(count);
const { user, system: kernel } = process.cpuUsage(begin);
console.log(JSON.stringify({ n: count, elapsedMs: (user + kernel) / 1_000 }));
await system.stop();
