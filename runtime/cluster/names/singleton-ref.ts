// One ref for a singleton, wherever it runs at the moment: an actor of this node that follows the name
// and passes on what it is sent. While nobody has the name it keeps messages, in their order, up to a
// bound; then it refuses with `stash_full`.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Directory, Entry } from "#runtime/cluster/directory/directory.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import { placeIn } from "./actor-entry.ts";
import { nameKey } from "./cluster-names.ts";

/** Messages kept while nobody has the name. More: refused with `stash_full`. */
const keptMax = 1_000;

interface FollowerArguments {
  readonly name: string;
  readonly system: ActorSystem;
  readonly directory: Directory;
}

/** Asks keep their deadlines, however long nobody answers them. The actor lives as long as the node. */
export function singletonRef<P>(
  system: ActorSystem,
  directory: Directory,
  of: { readonly protocol: Protocol<P>; readonly name: string },
): Ref<P> {
  const { name, protocol } = of;
  nameKey(name);
  system.learn(protocol);
  const type = followerOf(protocol);
  return system.refFrom(protocol, system.spawn(type, { name, system, directory }));
}

interface FollowerClass<P> {
  readonly protocol: Protocol<P>;
  initial(args: FollowerArguments): FollowerArguments;
  new (): object;
}

function followerOf<P>(known: Protocol<P>): FollowerClass<P> {
  class SingletonFollower extends Actor<P, FollowerArguments> {
    static readonly protocol = known;
    static readonly stashMax = keptMax;
    static initial = (args: FollowerArguments): FollowerArguments => args;
    static {
      declareHandlers(SingletonFollower.prototype, known, (follower) => follower.#pass());
    }
    #view: DirectoryView | undefined;
    #owner: AnyRef | undefined;

    override start(): void {
      const { directory, name, system } = this.state;
      const key = nameKey(name);
      this.#view = new DirectoryView(directory, key, system, {
        put: (entry) => {
          if (entry.key === key) this.#follow(entry);
        },
        removed: ({ key: gone }) => {
          if (gone === key) this.#leave();
        },
      });
    }

    override stopped(): void {
      this.#view?.close();
    }

    /** Its node is gone, though its session has yet to end: who comes next is waited for. */
    override terminated(ref: AnyRef): void {
      if (this.#owner?.$.toString() === ref.$.toString()) this.#owner = undefined;
    }

    #follow(entry: Entry): void {
      this.#leave();
      const { address, protocolId } = placeIn(entry);
      this.#owner = this.state.system.revive(address, protocolId);
      this.ctx.watch(this.#owner);
      this.ctx.unstash();
    }

    #leave(): void {
      if (this.#owner) this.ctx.unwatch(this.#owner);
      this.#owner = undefined;
    }

    #pass(): unknown {
      return this.#owner ? this.ctx.forward(this.#owner) : this.ctx.stash();
    }
  }
  return SingletonFollower;
}
