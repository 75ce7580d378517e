// Names as one node uses them: asks the director's directory, and claims this node's names again
// when the director starts anew.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Directory, directoryPath } from "#protocols/cluster/directory.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import type { Names } from "#runtime/core/ports.ts";
import type { ActorSystem } from "#runtime/core/system.ts";

export class ClusterNames implements Names {
  readonly #system: ActorSystem;
  readonly #director: string;
  readonly #claims = new Map<string, AnyRef>();

  constructor(system: ActorSystem, director: string) {
    this.#system = system;
    this.#director = director;
    system.events.subscribe(systemTopics["node-up"], ({ node }) => {
      if (node.name === director) this.#claimAgain();
    });
  }

  async find<P>(protocol: Protocol<P>, name: string, within: number): Promise<Ref<P>> {
    try {
      const owner = await this.#directory(within).find({ name, protocolId: protocol.id });
      return this.#system.refFrom(protocol, owner);
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.code !== "timeout") throw failure;
      const text = `no actor was registered as "${name}" within ${within} ms on ${this.#director}`;
      throw new Failure("not_found", text, failure);
    }
  }

  async claim(name: string, owner: AnyRef): Promise<void> {
    await this.#directory().claim({ name, owner });
    this.#claims.set(name, owner);
  }

  #claimAgain(): void {
    for (const [name, owner] of this.#claims) {
      this.#directory()
        .claim({ name, owner })
        .catch((error: unknown) => {
          const { code, detail } = Failure.of(error);
          this.#system.log.write("warn", owner.$.toString(), `lost its name ${name}: ${detail}`, {
            code,
          });
        });
    }
  }

  #directory(within?: number): Ref<Directory> {
    const ref = this.#system.refTo(Directory, { node: this.#director, path: directoryPath });
    return within === undefined ? ref : ref.$.with({ within });
  }
}
