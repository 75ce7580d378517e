// Troupe with somebody who watches every message: the cost of an observer that only counts. The
// system is put together by hand, because a local system takes no observer.
import { Failure } from "#protocols/failure.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { ActorSystem } from "#runtime/index.ts";
import type { Trial, Works } from "../contender.ts";
import { silent } from "./silent-log.ts";
import { tellTrial } from "./troupe-one-way.ts";

/** Counts each kind of event, as metrics do. */
class CountingObserver {
  begun = 0;
  done = 0;
  sent = 0;
  other = 0;

  handling(): number {
    this.begun += 1;
    return this.begun;
  }
  handled(): void {
    this.done += 1;
  }
  sending(): undefined {
    this.sent += 1;
  }
  spawned(): void {
    this.other += 1;
  }
  crashed(): void {
    this.other += 1;
  }
  restarted(): void {
    this.other += 1;
  }
  ended(): void {
    this.other += 1;
  }
  dead(): void {
    this.other += 1;
  }
}

function observedTell(): Trial {
  const observer = new CountingObserver();
  const options = {
    node: { name: "local", incarnation: 1 },
    clock: nodeClock,
    random: nodeRandom(),
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    log: silent,
    transport: noTransport,
    observer,
    fatal: (failure: Failure) => {
      throw failure;
    },
  };
  const trial = tellTrial(new ActorSystem(options));
  return {
    run: async (count) => {
      const before = observer.done;
      const { count: counted } = await trial.run(count);
      if (observer.done > before) return { count: Math.min(counted, observer.done - before) };
      throw new Failure("unavailable", "this core calls no observer");
    },
  };
}

export const works: Works = { "observed tell": observedTell };
