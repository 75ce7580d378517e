// Has actors spawned and stopped on other nodes, and lets others do so here. An attempt has one
// request's name wherever it goes; whoever gives it up says so, and what was spawned on the way ends:
//
//   here ──spawn──► there        the actor lives, on approval
//   here ◄── ref ── there
//   here ──keep───► there        it stays; else `withdraw`, or the end of its keeper, ends it
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { formatNode, type NodeId } from "#protocols/address.ts";
import { SpawnService, spawnerPath } from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import type { Pending, StopOptions } from "#runtime/core/actor-class.ts";
import { protocolsOf } from "#runtime/core/actor-protocols.ts";
import type { BoundState } from "#runtime/core/bounds.ts";
import {
  type Elsewhere,
  type PlacedBirth,
  placeWithinMs,
  type StandIn,
} from "#runtime/core/elsewhere.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { check } from "#runtime/core/terms-check.ts";
import { type ActorKinds, actorKindsKey, className } from "./actor-kinds.ts";
import { NodeRoster } from "./node-roster.ts";
import { type NodeSight, nodeSightKey } from "./node-sight.ts";
import type { PlacedNode } from "./node-traits.ts";
import { supervisionPlain, termsOf } from "./placed-terms.ts";
import { type PlacementOrder, type Placements, placementsKey } from "./placements.ts";
import { SpawnCheck } from "./spawn-check.ts";
import { SpawnerActor } from "./spawner-actor.ts";
import { standInFor } from "./stand-in.ts";

export interface RemoteParts {
  readonly session: DirectorySession;
  /** What others may spawn here. */
  readonly kinds: ActorKinds;
  /** Nodes that are not to be chosen although they are there. Default: none. */
  readonly isSuspect?: (node: string) => boolean;
  /** Told where each node listens. Default: everybody knows. */
  readonly meet?: (name: string, address: string) => void;
}

/** One node's refusal, after which another node may take the actor. */
const triedElsewhere: ReadonlySet<FailureCode> = new Set([
  ...(["node_down", "unavailable", "not_found", "link_full", "mailbox_full"] as const),
]);

export class RemoteSpawning implements Elsewhere, Placements, NodeSight {
  readonly roster: NodeRoster;
  readonly #system: ActorSystem;
  readonly #session: DirectorySession;
  readonly #check: SpawnCheck;
  readonly #isSuspect: (node: string) => boolean;
  #spawner: Ref<SpawnService> | undefined;
  #requests = 0;
  #load = 0;
  #isLeaving = false;
  #fullCount = 0;

  constructor(system: ActorSystem, parts: RemoteParts) {
    this.#system = system;
    this.#session = parts.session;
    this.#check = new SpawnCheck(parts.kinds, system.node.name);
    this.#isSuspect = parts.isSuspect ?? (() => false);
    this.roster = new NodeRoster(parts.session.directory, system, parts.meet ?? (() => {}));
  }

  get bounds(): readonly BoundState[] {
    const max = limits.placedActorsMax;
    const [highest, reached] = [this.#load, this.#fullCount];
    return [{ bound: "placedActorsMax", max, highest, reached }];
  }

  isSuspect(node: string): boolean {
    return this.#isSuspect(node);
  }

  /** From now on other nodes may spawn actors here; the first `spawn` does it, too. */
  join(): AnyRef {
    this.#spawner ??= this.#system.spawn(
      SpawnerActor,
      {
        check: this.#check,
        isLeaving: () => this.#isLeaving,
        counted: (count) => {
          this.#load = count;
          this.#session.news.note("placed", count);
        },
        full: () => {
          this.#fullCount += 1;
        },
        ended: () => this.roster.close(),
      },
      { name: spawnerPath.slice(1) },
    );
    return this.#spawner;
  }

  /** The node shuts down: it takes no further actors, and says so. */
  leave(): void {
    this.#isLeaving = true;
    this.#session.leave();
  }

  spawn({ placement, type, args, options }: PlacedBirth): Promise<AnyRef> {
    const { within = placeWithinMs } = options;
    const keeper = this.join();
    const terms = termsOf(options, options.name);
    const own = { supervisedAs: supervisionPlain, keeper, tie: "until-kept" } as const;
    return this.place({ placement, type, args, terms, within, ...own });
  }

  standIn(birth: PlacedBirth): StandIn {
    return standInFor(birth);
  }

  async stop(ref: AnyRef, { pending = "drop" }: StopOptions): Promise<void> {
    await this.#stopAt(ref, pending, stopWithinMs);
  }

  /** One whose node is gone has ended. */
  async stopWithin(actor: AnyRef, pending: Pending, within: number): Promise<void> {
    try {
      await this.#stopAt(actor, pending, within);
    } catch (error) {
      if (Failure.of(error).code !== "node_down") throw error;
    }
  }

  async #stopAt(actor: AnyRef, pending: Pending, within: number): Promise<void> {
    const spawner = this.#spawnerAt(actor.$.address.node.name, actor.$.address.node.incarnation);
    try {
      await spawner.$.with({ within }).stop({ actor, pending });
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.code !== "actor_stopped") throw failure;
      const text = `${actor.$.toString()} was not spawned from elsewhere: let its own node stop it, or send it a message`;
      throw new Failure("invalid", text, failure);
    }
  }

  /** Fails with the last node's refusal when no other node is left to try. */
  async place(order: PlacementOrder): Promise<AnyRef> {
    const { placement, within } = order;
    check(within >= 0 && within < Number.POSITIVE_INFINITY, "within is", "a time in ms", within);
    const deadlineMs = this.#system.clock.now() + within;
    this.#requests += 1;
    const request = `${formatNode(this.#system.node)}/${this.#requests}`;
    if (placement === this.#system.node.name) {
      return this.#spawnAt(this.#system.node, request, order, deadlineMs);
    }
    const refused = new Set<string>();
    const isUnfit = (node: PlacedNode): boolean =>
      refused.has(formatNode(node)) || this.#isSuspect(node.name);
    for (let last: Failure | undefined; ; ) {
      const node = await this.roster.choose(placement, { deadlineMs, isUnfit }).catch((error) => {
        throw last ?? error;
      });
      try {
        return await this.#spawnAt(node, request, order, deadlineMs);
      } catch (error) {
        last = Failure.of(error);
        refused.add(formatNode(node));
        // What is missing on all of them will not come by waiting.
        const isOver = last.code === "not_found" && !this.roster.has(placement, isUnfit);
        if (isOver || !triedElsewhere.has(last.code)) throw last;
      }
    }
  }

  async #spawnAt(
    node: NodeId,
    request: string,
    order: PlacementOrder,
    deadlineMs: number,
  ): Promise<AnyRef> {
    const { args, keeper, supervisedAs, terms, tie, type } = order;
    const spawner = this.#spawnerAt(node.name, node.incarnation);
    const within = (): number => Math.max(0, deadlineMs - this.#system.clock.now());
    try {
      const ref = await spawner.$.with({ within: within() }).spawn({
        ...{ request, terms, keeper, tie },
        kind: className(type),
        protocolId: type.protocol.id,
        ...(args === undefined ? {} : { args }),
        ...(supervisedAs === undefined ? {} : { supervisedAs }),
      });
      await spawner.$.with({ within: within() }).keep(request);
      return this.#system.refFrom(type.protocol, ref);
    } catch (error) {
      spawner.withdraw(request);
      throw explained(Failure.of(error), node.name, className(type));
    }
  }

  #spawnerAt(name: string, incarnation: number): Ref<SpawnService> {
    if (name === this.#system.node.name) this.join();
    const at = { node: { name, incarnation }, path: spawnerPath, uid: 0 };
    this.#system.learn(SpawnService);
    return this.#system.refFrom(SpawnService, this.#system.revive(at, SpawnService.id));
  }
}

/** Gives the system its actors elsewhere, and lets others spawn what `kinds` has here. */
export function useRemoteSpawning(system: ActorSystem, parts: RemoteParts): RemoteSpawning {
  const spawning = new RemoteSpawning(system, parts);
  system.useElsewhere(spawning);
  system.provide(actorKindsKey, parts.kinds);
  system.provide(placementsKey, spawning);
  system.provide(nodeSightKey, spawning);
  system.onShutdown("refuse-work", "actors from elsewhere", () => spawning.leave());
  for (const type of parts.kinds.classes) {
    for (const known of protocolsOf(type)) system.learn(known);
  }
  if (parts.kinds.classes.length > 0) spawning.join();
  return spawning;
}

/** Milliseconds that a remote actor may take to end, where nothing else is said. */
const stopWithinMs = 30_000;

/** Where the node itself answered that nobody lives at its spawner's path, it says why. */
function explained(failure: Failure, node: string, kind: string): Failure {
  if (failure.code !== "actor_stopped") return failure;
  const text = `${node} takes no actors from other nodes: start it with ${kind} among its \`actors\``;
  return new Failure("not_found", text, failure);
}
