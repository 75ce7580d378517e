// Does on its node what people ask of moving: they name a node and a path, and hear what moved, what
// stayed, and why. It lives at a path that is the same on each node.
import {
  type DrainOutcome,
  type MoveOrder,
  MoverService,
  moveMsMax,
  moverPath,
  type StayedActor,
  stayedShownMax,
} from "#protocols/cluster/mover-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorTree } from "#runtime/core/inspection.ts";
import { reply } from "#runtime/core/reply.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { ClusterMover, clusterMover } from "./cluster-mover.ts";

interface MoverArguments {
  readonly system: ActorSystem;
}

class MoverActor extends Actor<MoverService, MoverArguments> implements Handlers<MoverService> {
  static readonly protocol = MoverService;
  static readonly pinned = true;
  static initial = (args: MoverArguments): MoverArguments => args;

  move({ path, to }: MoveOrder): Deferred<null> {
    const { system } = this.state;
    const all = system.inspect().children;
    if (!find(all, path)) throw reply(notThere(system.node.name, path, all));
    const ref = system.refTo(MoverService, { node: system.node.name, path });
    const moved = system.move(ref, { to, within: moveMsMax });
    return this.ctx.defer(moved.then(() => null));
  }

  drain(within: number): Deferred<DrainOutcome> {
    const { system } = this.state;
    const drained = system.drain(within).then(({ moved, stayed }) => {
      const top = stayed.map(({ ref, why }) => ({ path: ref.$.address.path, why }));
      const all = system.inspect().children;
      const every = top.flatMap((each) => [each, ...below(find(all, each.path))]);
      return { moved, stayed: every.slice(0, stayedShownMax), stayedCount: every.length };
    });
    return this.ctx.defer(drained);
  }
}

/** Has this node move what it is asked to, and lets its actors ask any node (`clusterMover`). */
export function spawnMover(system: ActorSystem): void {
  system.spawn(MoverActor, { system }, { name: moverPath.slice(1) });
  system.provide(clusterMover, new ClusterMover(system));
}

function find(trees: readonly ActorTree[], path: string): ActorTree | undefined {
  const found = trees.find((tree) => path === tree.path || path.startsWith(`${tree.path}/`));
  return found === undefined || found.path === path ? found : find(found.children, path);
}

/** Those who stay because who is above them does. */
const below = (tree: ActorTree | undefined): readonly StayedActor[] =>
  (tree?.children ?? []).flatMap((child) => [
    { path: child.path, why: `has_parent: it is a child of ${tree?.path}, and stays with it` },
    ...below(child),
  ]);

function notThere(node: string, path: string, all: readonly ActorTree[]): Failure {
  const there = all.map((tree) => tree.path).slice(0, shownMax);
  const text = `${node} has no actor ${path.slice(0, shownTextMax)}; at its top are ${there.join(", ")}`;
  return new Failure("not_found", text);
}

const shownMax = 20;
const shownTextMax = 200;
