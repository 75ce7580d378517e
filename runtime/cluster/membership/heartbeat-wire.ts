// The port under the heartbeats: whoever wants hears those of a node, and nobody waits for anybody. A
// wire may lose what it carries, best the older; the newest heartbeat says all. `links` opens it on
// PUB/SUB sockets, a simulation on its network.
import type { DialSight } from "#protocols/cluster/dial-sight.ts";

export interface HeartbeatEvents {
  /** Something came from the address that was watched for that node; anybody may have sent it. */
  heard(peer: string, frame: Buffer): void;
  /** What dialling that node shows has become another. Times are those of the node's clock. */
  dialled(peer: string, sight: DialSight): void;
}

export interface HeartbeatWire {
  /** Tells these from now on, and those before no more. */
  attend(events: HeartbeatEvents): void;
  /** To all who listen to this node. */
  publish(frame: Buffer): void;
  /** Listens to a node, at this address from now on. */
  watch(peer: string, address: string): void;
  unwatch(peer: string): void;
  /** Nothing is published or heard any more. */
  close(): void;
}
