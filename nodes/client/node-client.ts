// A process of one's own as a node of the cluster: registered with what it can do, heard by its heartbeats,
// ordered about by the control channel, with commands of its own; until it is stopped, or told to end.

import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlHandler } from "#protocols/tasks/control.ts";
import type { ControlScope } from "#protocols/tasks/control-commands.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import { pause } from "#runtime/host/pause.ts";
import type { ClusterClient } from "./cluster-client.ts";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { CommandBook, CommandHandler } from "./command-book.ts";
import { CommandRegistration } from "./command-registration.ts";
import type { EndingOrders } from "./ending-orders.ts";

export interface NodeClientParts {
  readonly cluster: ClusterClient;
  readonly connection: ClusterConnection;
  readonly book: CommandBook;
  readonly endings: EndingOrders;
  /** The actor that answers commands, in the present life. */
  desk(): Ref<ControlHandler>;
  readonly observedQueues: readonly string[];
  /** Ends what measures the process. */
  end(): void;
  log(message: string): void;
}

const registerPollMs = 50;

export class NodeClient {
  /** Everything that a client of the cluster can do. */
  readonly cluster: ClusterClient;
  /** Resolves when the node has ended: by an order to stay away, or by `stop`. */
  readonly ended: Promise<NodeLeave>;
  readonly #parts: NodeClientParts;
  readonly #commands: CommandRegistration;
  #stopping: Promise<void> | undefined;
  #tellEnded: (leave: NodeLeave) => void = () => {};

  constructor(parts: NodeClientParts) {
    this.cluster = parts.cluster;
    this.#parts = parts;
    const { book, cluster, observedQueues } = parts;
    this.#commands = new CommandRegistration({
      ...{ book, cluster, observedQueues, control: cluster.communication.desks.control },
      desk: () => parts.desk(),
      log: (message) => parts.log(message),
    });
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    parts.endings.obey((order) => this.#obey(order));
    const { closed } = parts.connection;
    closed.addEventListener("abort", () => void this.#stop(this.#farewell()), { once: true });
  }

  get name(): string {
    return this.cluster.name;
  }

  /**
   * From now on commands of that name come here, from wherever they are issued; again after the control
   * channel or this node had to begin anew. A handler of CANCEL_TASK is told of tasks that are cancelled;
   * what it responds means nothing. Fails with `name_taken` or `invalid`, and nothing has changed; or as any
   * call, and then the command is withdrawn, should it have reached the channel. Of one command one thing is
   * done after the other, in the order of the calls.
   */
  async registerHandler(
    command: string,
    handler: CommandHandler,
    { scope = "control" }: { readonly scope?: ControlScope } = {},
  ): Promise<void> {
    await this.#commands.register(command, { handler, scope });
  }

  /**
   * Nothing changes for a command without a handler. Fails as any call; then the handler answers what still
   * comes, no further channel is told of it, and this may be called again.
   */
  unregisterHandler(command: string): Promise<void> {
    return this.#commands.unregister(command);
  }

  /** Settles when the registry knows this life of the node. Fails with `unavailable` when it is too late. */
  async registered(withinMs: number): Promise<void> {
    const { cluster, connection } = this.#parts;
    const { closed } = connection;
    const { desks } = cluster.communication;
    const time = desks.time(withinMs);
    for (let last = "nobody has answered"; ; ) {
      try {
        const seen = await desks.registry.ask((asked) => asked.node(this.name), time);
        if (seen?.incarnation === cluster.system.node.incarnation) return;
        last = seen === null ? "it is not known there" : "an earlier life of it is known there";
      } catch (cause) {
        last = Failure.of(cause).detail;
      }
      if (closed.aborted || time.leftMs === 0) {
        const text = `${this.name} was not registered within ${withinMs} ms: ${last}`;
        throw new Failure("unavailable", text);
      }
      await pause(registerPollMs, closed);
    }
  }

  /** Leaves the cluster and ends everything here. Again: waits for the same. */
  stop(): Promise<void> {
    return this.#stop({ wish: "stay-away", reason: "stopped by its own process" });
  }

  #farewell(): NodeLeave {
    return { wish: "stay-away", reason: this.#parts.connection.over.detail };
  }

  #stop(leave: NodeLeave): Promise<void> {
    // Known to have begun before the connection is closed, which asks for it again.
    this.#stopping ??= Promise.resolve()
      .then(() => this.#end())
      .then(() => this.#tellEnded(leave));
    return this.#stopping;
  }

  async #end(): Promise<void> {
    const { cluster, connection, end } = this.#parts;
    this.#commands.end();
    if (!connection.closed.aborted) {
      try {
        connection.node.session.leave();
      } catch {
        // In between two lives nobody needs to be told.
      }
    }
    await cluster.close();
    end();
  }

  #obey(order: NodeLeave): void {
    const { connection, log } = this.#parts;
    if (this.#stopping) return;
    log(`told to end (${order.wish}): ${order.reason}`);
    const done = order.wish === "come-back" ? connection.rejoin() : this.#stop(order);
    done.catch((cause: unknown) => log(`after that order: ${Failure.of(cause).detail}`));
  }
}
