// Tells a handler of CANCEL_TASK of tasks that are cancelled: the cluster itself carries the command out,
// and what came of it stands in the log of the task's queue.

import { Failure } from "#protocols/failure.ts";
import type { ControlOrder } from "#protocols/tasks/control.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import { pause } from "#runtime/host/pause.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { type HandledCommand, observedCommand, responseOf } from "./command-book.ts";
import type { Followed } from "./follow-cursor.ts";

export interface CancelWatchPorts {
  readonly cluster: Pick<ClusterClient, "follow">;
  readonly handled: HandledCommand;
  readonly queues: readonly string[];
  /** Milliseconds until the handler is told of the next one, whether or not it has done. */
  readonly withinMs: number;
  /** The handler, or following, has failed: nobody else would hear of it. */
  failed(failure: Failure): void;
}

export class CancelWatch {
  readonly #ports: CancelWatchPorts;
  readonly #closing = new AbortController();

  private constructor(ports: CancelWatchPorts) {
    this.#ports = ports;
  }

  /** From when this is answered. Fails as `follow`. */
  static async begin(ports: CancelWatchPorts): Promise<CancelWatch> {
    const watch = new CancelWatch(ports);
    try {
      await Promise.all(ports.queues.map((queue) => watch.#follow(queue)));
      return watch;
    } catch (cause) {
      watch.end();
      throw cause;
    }
  }

  end(): void {
    this.#closing.abort();
  }

  async #follow(queue: string): Promise<void> {
    const { signal } = this.#closing;
    const following = await this.#ports.cluster.follow(channelOf.queue(queue), { signal });
    void this.#tell(following).catch((cause) => this.#ports.failed(Failure.of(cause)));
  }

  async #tell(events: AsyncIterable<Followed>): Promise<void> {
    for await (const event of events) {
      if (this.#closing.signal.aborted) return;
      const order = cancellationIn(event);
      // Whatever it does, the next one is told of, too.
      if (order) await this.#handled(order).catch((cause) => this.#ports.failed(Failure.of(cause)));
    }
  }

  async #handled(order: ControlOrder): Promise<void> {
    const { handled, withinMs } = this.#ports;
    const done = new JoinedSignal([this.#closing.signal]);
    const { signal } = done;
    const late = pause(withinMs, signal).then(() => {
      if (signal.aborted) return;
      const text = `it has not answered ${order.commandId} within ${withinMs} ms, and is told of the next; let it start what takes long, and answer`;
      throw new Failure("timeout", text);
    });
    try {
      await Promise.race([responseOf(handled, order), late]);
    } finally {
      done.abort();
    }
  }
}

/** `by` is the event's kind: asked of a worker, or done. */
function cancellationIn(event: Followed): ControlOrder | undefined {
  if (event.kind !== "event" || event.taskId === null) return undefined;
  if (event.type !== "cancelled" && event.type !== "cancel_requested") return undefined;
  const { channel, epoch, payload, seq, taskId, type } = event;
  const node = payload["node"];
  return {
    commandId: `${channel}/${seq}@${epoch}`,
    command: observedCommand,
    node: typeof node === "string" ? node : null,
    taskId,
    parameters: payload,
    by: type,
  };
}
