// Answers commands of one's own on this node, those that are open still, and registers them again with each control channel: a
// channel that begins anew knows of none.
//
//   seeking ──found──► registering ──► registered ──(the channel ended)──► seeking
import { acknowledgeOrder } from "#actors/control/acknowledge-order.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import {
  ControlChannel,
  ControlHandler,
  type ControlOrder,
  type ControlResponse,
  controlChannelName,
} from "#protocols/tasks/control.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { reply } from "#runtime/core/reply.ts";
import { type CommandBook, responseOf } from "./command-book.ts";

interface DeskState {
  readonly book: CommandBook;
  channel: Ref<ControlChannel> | undefined;
  attempt: number;
}

interface Own {
  seek(): void;
  found(channel: Ref<ControlChannel>): void;
  missed(failure: FailureData): void;
  registered(commands: readonly string[]): void;
}

const retry = { delayMsMin: 100, delayMsMax: 3_000, factor: 2, jitter: 0.5 };

export class CommandDesk
  extends Actor<ControlHandler, DeskState, Own>
  implements Handlers<ControlHandler & Own>
{
  static readonly protocol = ControlHandler;
  static initial = (book: CommandBook): DeskState => ({ book, channel: undefined, attempt: 0 });

  override start(): void {
    this.state.channel = undefined;
    this.seek();
  }

  handle(order: ControlOrder): Deferred<ControlResponse> {
    const handled = this.state.book.get(order.command);
    if (handled === undefined) {
      const text = `${this.ctx.node.name} has no handler of ${order.command} any more`;
      throw reply(new Failure("not_found", text));
    }
    return this.ctx.defer(acknowledgeOrder(this.ctx, order).then(() => responseOf(handled, order)));
  }

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(ControlChannel, controlChannelName), "found", "missed");
  }

  found(channel: Ref<ControlChannel>): void {
    this.state.channel = channel;
    this.ctx.watch(channel);
    this.#register(channel);
  }

  /** Somebody else has the name, or the channel is away: it may be otherwise later. */
  missed({ code, detail }: FailureData): void {
    this.ctx.log("warn", `commands are not registered: ${detail}`, { code });
    if (this.state.channel) this.ctx.unwatch(this.state.channel);
    this.#seekLater();
  }

  registered(commands: readonly string[]): void {
    this.state.attempt = 0;
    if (commands.length > 0) this.ctx.log("info", "commands are registered", { commands });
  }

  override terminated(): void {
    this.#seekLater();
  }

  #register(channel: Ref<ControlChannel>): void {
    const handler = this.ctx.self;
    const registering = this.state.book.answered.map(async ([command, { scope }]) => {
      await channel.register({ command, handler, scope });
      return command;
    });
    this.ctx.pipe(Promise.all(registering), "registered", "missed");
  }

  #seekLater(): void {
    this.state.channel = undefined;
    this.state.attempt += 1;
    this.ctx.after(backoffDelay(retry, this.state.attempt, this.ctx.random()), "seek");
  }
}
