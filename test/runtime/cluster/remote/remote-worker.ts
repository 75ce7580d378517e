// An actor that is spawned on other nodes in tests: it counts, says where it is, fails and leaves when
// it is told to.
import Type from "typebox";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";

export interface Worker {
  add(by: number): number;
  where(): string;
  fail(): void;
  leave(): void;
}
export const Worker = protocol<Worker>("test.RemoteWorker@1", {
  add: ask,
  where: ask,
  fail: tell,
  leave: tell,
});

export class WorkerActor extends Actor<Worker, { count: number }> implements Handlers<Worker> {
  static readonly protocol = Worker;
  static readonly argsSchema = Type.Object({ from: Type.Integer() });
  static initial = ({ from }: { readonly from: number }): { count: number } => ({ count: from });

  add(by: number): number {
    this.state.count += by;
    return this.state.count;
  }

  where(): string {
    return this.ctx.node.name;
  }

  fail(): void {
    throw new Error("the worker was told to fail");
  }

  leave(): void {
    this.ctx.stop();
  }
}
