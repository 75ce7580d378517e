// Membership of one node, put together: its heartbeats' sockets, the actor that hears those of others and
// judges them, and what follows for its links and its session.
import type { Ref } from "#protocols/actor-ref.ts";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import type { MembershipService } from "#protocols/cluster/membership-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { DirectorySession } from "./cluster/directory/directory-session.ts";
import { checkPace, type HeartbeatPace } from "./cluster/membership/heartbeats.ts";
import { joinMembers } from "./cluster/membership/join-members.ts";
import { Members } from "./cluster/membership/members.ts";
import { invariant } from "./core/invariant.ts";
import type { ActorSystem } from "./core/system.ts";
import { GonePeers } from "./gone-peers.ts";
import { nodeClock } from "./host/node-clock.ts";
import type { LinkSecurity } from "./links/link-security.ts";
import type { LinkTransport } from "./links/link-transport.ts";
import { ZeromqHeartbeats } from "./links/zeromq-heartbeats.ts";

export interface MembershipTerms extends HeartbeatPace {
  /** Where heartbeats are published. Default: beside the links, at any free port. */
  readonly bind?: string;
}

export class NodeMembers {
  readonly members = new Members();
  readonly #terms: MembershipTerms;
  #wire: ZeromqHeartbeats | undefined;
  #actor: Ref<MembershipService> | undefined;
  #gone: GonePeers | undefined;

  /** Fails with `invalid` for terms out of bounds. */
  constructor(terms: MembershipTerms = {}) {
    checkPace(terms);
    this.#terms = terms;
  }

  /** Answers where others hear this node, from `join` on. Fails as binding links does. */
  async bind(linksBind: string, security: LinkSecurity): Promise<string> {
    const address = this.#terms.bind ?? besideLinks(linksBind);
    this.#wire = await ZeromqHeartbeats.bind({ address, now: nodeClock.now, security });
    return this.#wire.address;
  }

  /** What dialling a peer's link shows. */
  dialled(peer: string, sight: DialSight): void {
    this.#actor?.linkDialled({ peer, sight });
    this.#gone?.saw(peer, sight);
  }

  /** Keeps the members from now on. */
  join(system: ActorSystem, session: DirectorySession, links: LinkTransport): void {
    const { members } = this;
    const wire = this.#wire;
    invariant(wire !== undefined, "heartbeats are bound before they are sent");
    this.#actor = joinMembers(system, { session, wire, members, links, pace: this.#terms });
    const gone = new GonePeers({
      present: (peer) => members.find(peer)?.node,
      gone: (node, reason) => links.quarantine(node, reason),
    });
    this.#gone = gone;
    system.onShutdown("leave-cluster", "peers that are gone", () => Promise.resolve(gone.close()));
  }

  /** Whoever may not listen any more is cut off. */
  async revoke(): Promise<void> {
    await this.#wire?.cut();
  }

  close(): void {
    this.#wire?.close();
  }
}

/** `tcp://10.0.0.1:7600` has `tcp://10.0.0.1:*`, `ipc:///run/a` has `ipc:///run/a.heartbeats`. */
function besideLinks(bind: string): string {
  const [, host] = /^(tcp:\/\/.+):[^:]+$/.exec(bind) ?? [];
  if (host !== undefined) return `${host}:*`;
  if (/^(ipc|inproc):\/\/.+$/.test(bind)) return `${bind}.heartbeats`;
  const text = `${bind} is no address to publish heartbeats beside: use tcp://host:port or ipc:///path`;
  throw new Failure("invalid", text);
}
