// An actor of the cluster scenario that wants a name of the cluster, and acts under it when it gets it.
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { journalKey } from "./clerk-actor.ts";

export interface Holder {
  claim(): void;
  /** Answers the fence by which it has the name. */
  fence(): number;
  leave(): void;
}
export const Holder = protocol<Holder>("simulation.Holder@1", {
  claim: tell,
  fence: ask(),
  leave: tell,
});

interface Named {
  readonly name: string;
}

export class HolderActor extends Actor<Holder, Named> implements Handlers<Holder> {
  static readonly protocol = Holder;
  static readonly restart = "temporary";
  static initial = (args: Named): Named => args;
  #fence: number | undefined;

  override stopped(): void {
    this.#record("yielded");
  }

  async claim(): Promise<void> {
    try {
      const { fence } = await this.ctx.register(this.state.name);
      this.#fence = fence;
      this.#record("owned");
    } catch (error) {
      const { code } = Failure.of(error);
      const { host } = this.ctx.use(journalKey);
      host.record({ kind: "fact", name: `claim refused ${code}`, about: this.state.name });
      this.ctx.stop();
    }
  }

  fence(): number {
    this.#record("acted");
    return this.#fence ?? 0;
  }

  leave(): void {
    this.ctx.stop();
  }

  #record(kind: "owned" | "acted" | "yielded"): void {
    if (this.#fence === undefined) return;
    const { host } = this.ctx.use(journalKey);
    host.record({ kind, name: this.state.name, fence: this.#fence });
  }
}
