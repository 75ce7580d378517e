// A system of one node on virtual time, with a directory of its own and a log that is kept.
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { spawnDirectory, useEmbeddedNames } from "#runtime/cluster/names/node-names.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import type { Log, LogLevel } from "#runtime/core/ports.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import type { SystemOptions } from "#runtime/core/system-options.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { createProbe, type Probe, type ProbeOptions } from "./probe.ts";
import { randomOf } from "./random-of.ts";
import { type ChoiceSource, SeededExecutor } from "./seeded-executor.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly actor: string;
  readonly message: string;
}

export interface TestSystem {
  readonly system: ActorSystem;
  readonly time: VirtualTime;
  readonly log: readonly LogLine[];
  /** Why the root guardian gave up; empty as long as it did not. */
  readonly fatal: readonly Failure[];
  /** What was chosen so far among ready actors and alarms; empty without an `order`. */
  readonly choices: readonly number[];
  /** An actor that writes down what it receives, for the test to expect. */
  probe<P>(protocol: Protocol<P>, options?: ProbeOptions): Probe<P>;
  /** Ends all actors, while time moves as far as they need. */
  stop(): Promise<void>;
}

export interface TestSystemOptions extends Partial<SystemOptions> {
  /** Shared by the systems of one test. */
  readonly time?: VirtualTime;
  /**
   * Ready actors have their turns in an order drawn from this seed or read from a record, and
   * `ctx.random` draws from the seed, if there is one. Not beside a `time`, which has its own order.
   * Default: turns in order, and `ctx.random()` is 0.5.
   */
  readonly order?: ChoiceSource;
  /** The node with the directory. Default: this one. */
  readonly director?: string;
}

/** Milliseconds of virtual time that `stop` gives the actors. */
const stopMsMax = 24 * 3_600_000;

/** Fails with `invalid` for an `order` beside a `time`, and with what `ActorSystem` fails with. */
export function createTestSystem(options: TestSystemOptions = {}): TestSystem {
  const { order, director: directorGiven, time: timeGiven, ...given } = options;
  if (order && timeGiven) {
    const text =
      "an order is that of a whole time: give it as new VirtualTime(new SeededExecutor(order))";
    throw new Failure("invalid", text);
  }
  const time = timeGiven ?? new VirtualTime(order && new SeededExecutor(order));
  const lines: LogLine[] = [];
  const fatal: Failure[] = [];
  const log: Log = { write: (level, actor, message) => lines.push({ level, actor, message }) };
  const system = new ActorSystem({
    node: { name: "test", incarnation: 1 },
    clock: time,
    timers: time.createTimers(),
    executor: time,
    random: order?.seed === undefined ? { next: () => 0.5 } : randomOf(order.seed, "system"),
    log,
    transport: noTransport,
    fatal: (failure) => fatal.push(failure),
    ...given,
  });
  const director = directorGiven ?? system.node.name;
  useEmbeddedNames(system, director);
  if (director === system.node.name) spawnDirectory(system);
  return {
    system,
    time,
    log: lines,
    fatal,
    choices: time.choices,
    probe: (protocol, probeOptions) => createProbe({ system, time }, protocol, probeOptions),
    stop: () => time.until(system.stop(0), stopMsMax),
  };
}

/** Two nodes, `a` with the directory and `b`, on one virtual time and one network. */
export async function createTestPair(
  protocols: SystemOptions["protocols"] = [],
): Promise<{ readonly a: TestSystem; readonly b: TestSystem; readonly network: MemoryNetwork }> {
  const time = new VirtualTime();
  const network = new MemoryNetwork();
  const create = (name: string, incarnation: number): TestSystem => {
    const node = { name, incarnation };
    const transport = network.transportOf(node, () => created.system);
    const created: TestSystem = createTestSystem({
      node,
      time,
      transport,
      protocols,
      director: "a",
    });
    return created;
  };
  const a = create("a", 3);
  const b = create("b", 5);
  await a.system.start();
  await b.system.start();
  return { a, b, network };
}
