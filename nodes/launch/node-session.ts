// The life of a node's process: run the node, report to the launcher, obey it and the signals.
//
//   run ─► ready ─► (drain ─► drained) ─► stop ─► exit 0        failed, launcher gone ─► exit 1
//
// Under a launcher SIGINT and SIGHUP are the launcher's: the terminal sends them to every process
// of the group, and the launcher ends the nodes in order.
import { Failure } from "#protocols/failure.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { Latch, within } from "./latch.ts";
import { isNodeOrder, type NodeOrder, type NodeReport } from "./launch-protocol.ts";
import { LauncherProvider } from "./launcher-provider.ts";
import type { RunningNode } from "./node-launcher.ts";
import { exitCodeOf, onShutdown, type ShutdownSignal, shutdownSignals } from "./shutdown.ts";

export interface NodeSessionOptions {
  /** `provider`: the launcher, as who starts and ends nodes. */
  run(provider: LauncherProvider): Promise<RunningNode>;
  /** For a signal; the launcher says itself how long it waits. */
  readonly drainTimeoutMs: number;
  say(line: string): void;
}

/** A node that cannot go on, or whose launcher is gone, gets so long to close its files. */
const lastStopMs = 2_000;

/** Resolves with the exit code of the process, which the caller is to end with it. */
export function runNodeSession(options: NodeSessionOptions): Promise<number> {
  return new NodeSession(options).run();
}

class NodeSession {
  readonly #options: NodeSessionOptions;
  /** Stays true when the launcher dies before the session begins. */
  readonly #isLaunched = process.send !== undefined;
  readonly #provider = new LauncherProvider(
    this.#isLaunched ? (report) => this.#report(report) : undefined,
  );
  readonly #leaving = new Latch();
  /** Nobody would end this node if its stop took too long. */
  readonly #unwatched = new Latch();
  #node: RunningNode | undefined;
  #exitCode = 0;

  constructor(options: NodeSessionOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const stopListening = this.#listen();
    void this.#start();
    await this.#leaving.opened;
    // A node that is still starting has nothing to close in order.
    if (this.#node !== undefined) await this.#stop(this.#node);
    stopListening();
    return this.#exitCode;
  }

  async #start(): Promise<void> {
    try {
      const node = await this.#options.run(this.#provider);
      this.#node = node;
      void node.failed.then((failure) => this.#fail(failure));
      void node.leaving.then((order) => this.#depart(order));
      const { url } = node.ready;
      this.#report(url === undefined ? { kind: "ready" } : { kind: "ready", url });
      if (!this.#isLaunched) this.#options.say(url === undefined ? "ready" : `ready at ${url}`);
    } catch (cause) {
      this.#fail(Failure.of(cause));
    }
  }

  #listen(): () => void {
    if (!this.#isLaunched) return this.#heedSignals(shutdownSignals);
    const hear = (message: unknown): void => {
      if (isNodeOrder(message)) this.#obey(message);
      else this.#options.say("dropped a message of the launcher that is no order");
    };
    const abandoned = (): void => this.#abandon();
    const ignore = (): void => undefined;
    process.on("message", hear);
    process.on("disconnect", abandoned);
    process.on("SIGINT", ignore);
    process.on("SIGHUP", ignore);
    const removeSignals = this.#heedSignals(["SIGTERM"]);
    if (!process.connected) this.#abandon();
    return () => {
      process.off("message", hear);
      process.off("disconnect", abandoned);
      process.off("SIGINT", ignore);
      process.off("SIGHUP", ignore);
      removeSignals();
    };
  }

  #heedSignals(signals: readonly ShutdownSignal[]): () => void {
    const first = (signal: ShutdownSignal): void => {
      this.#options.say(`${signal}: finishing what is in flight; once more ends at once`);
      void this.#drain(this.#options.drainTimeoutMs).then(() => this.#leave(0));
    };
    return onShutdown({ first, again: (signal) => process.exit(exitCodeOf(signal)) }, signals);
  }

  #abandon(): void {
    this.#options.say("the launcher is gone, so this node ends");
    this.#unwatched.open();
    this.#leave(1);
    this.#exitCode = 1;
  }

  #obey(order: NodeOrder): void {
    switch (order.kind) {
      case "drain":
        void this.#drain(order.timeoutMs).then(() => this.#report({ kind: "drained" }));
        break;
      case "standing":
        this.#provider.heard(order);
        break;
      case "stop":
        this.#leave(0);
        break;
      case "turn":
        this.#report({ kind: "turned" });
        break;
      default:
        order satisfies never;
    }
  }

  /** By an order to the node itself; the launcher is told whether it is to start the node again. */
  async #depart({ wish, reason }: NodeLeave): Promise<void> {
    this.#options.say(`told to end (${wish}): ${reason}`);
    this.#report({ kind: "leaving", wish });
    if (!this.#isLaunched) this.#unwatched.open();
    await this.#drain(this.#options.drainTimeoutMs);
    this.#leave(0);
  }

  async #drain(timeoutMs: number): Promise<void> {
    try {
      await this.#node?.drain(nodeClock.now() + timeoutMs);
    } catch (cause) {
      this.#options.say(`draining: ${Failure.of(cause).message}`);
    }
  }

  async #stop(node: RunningNode): Promise<void> {
    const stopped = node.stop().catch((cause: unknown) => {
      this.#options.say(`stopping: ${Failure.of(cause).message}`);
      this.#exitCode = 1;
    });
    // The launcher, or a second signal, ends a stop that takes too long; nobody else would.
    const isUnwatched = this.#exitCode === 0 ? this.#unwatched.opened : Promise.resolve();
    await Promise.race([stopped, isUnwatched.then(() => within(lastStopMs, stopped))]);
  }

  #fail(failure: Failure): void {
    if (this.#leaving.isOpen) return;
    this.#options.say(failure.message);
    this.#report({ kind: "failed", code: failure.code, detail: failure.detail });
    this.#leave(1);
  }

  #leave(exitCode: number): void {
    if (this.#leaving.isOpen) return;
    this.#exitCode = exitCode;
    this.#leaving.open();
  }

  #report(report: NodeReport): void {
    // When the channel closes meanwhile, `disconnect` tells.
    if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
  }
}
