// An actor that is sent to another node to speak to a worker from there, or to have one elsewhere.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { refOf } from "#protocols/schema.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

export interface Errand {
  visit(worker: Ref<Worker>): string;
  hire(on: string): Ack;
}
export const Errand = protocol<Errand>("test.Errand@1", {
  visit: ask({ within: 10_000 }),
  hire: ask({ within: 10_000 }),
}).checked({ visit: [refOf(Worker)] });

export class ErrandActor extends Actor<Errand> implements Handlers<Errand> {
  static readonly protocol = Errand;

  async visit(worker: Ref<Worker>): Promise<string> {
    try {
      return await worker.where();
    } catch (error) {
      throw reply(Failure.of(error));
    }
  }

  async hire(on: string): Promise<Ack> {
    await this.ctx.spawnOn(on, WorkerActor, { from: 0 });
    return ack;
  }
}
