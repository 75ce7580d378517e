// Puts a node among the members: what it hears of the others moves its links, and what it holds of them
// is told with its session.
import type { Ref } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import { type MembershipService, membershipPath } from "#protocols/cluster/membership-protocol.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { HeartbeatWire } from "./heartbeat-wire.ts";
import { type HeartbeatPace, HeartbeatsActor } from "./heartbeats.ts";
import { linkAddress, memberTopic } from "./member.ts";
import { type Members, membersService } from "./members.ts";

export interface MembersParts {
  readonly session: DirectorySession;
  readonly wire: HeartbeatWire;
  readonly members: Members;
  readonly links: {
    /** That life of a node, and every one before it, is over. */
    quarantine(node: NodeId, reason: string): void;
    /** Where that node listens. */
    meet(name: string, address: string): void;
  };
  readonly pace?: HeartbeatPace;
}

export function joinMembers(system: ActorSystem, parts: MembersParts): Ref<MembershipService> {
  const { links, members, pace, session, wire } = parts;
  system.provide(membersService, members);
  system.events.subscribe(memberTopic, ({ kind, member }) => {
    const address = kind === "joined" ? linkAddress(member.record) : undefined;
    if (address !== undefined) links.meet(member.node.name, address);
  });
  system.onShutdown("refuse-work", "leaving the members", () => session.leave());
  system.onShutdown("close-links", "the heartbeats", () => wire.close());
  return system.spawn(
    HeartbeatsActor,
    {
      ...{ wire, members, ...pace },
      directory: session.directory,
      ports: system,
      down: ({ node, why }) => links.quarantine(node, why),
      suspect: (suspects) => session.news.tell("suspects", suspects),
    },
    { name: membershipPath.slice(1) },
  );
}
