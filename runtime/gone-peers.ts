// Peers whose process is gone, as far as their machine can tell: nobody has listened at their address for a
// while. A process that only stands still keeps its socket, and its connections are taken; so that one may be
// waited for, and this one need not.
import type { NodeId } from "#protocols/address.ts";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";

export interface GonePorts {
  /** The life of that node as it is known now; undefined: none is. */
  present(peer: string): NodeId | undefined;
  gone(node: NodeId, reason: string): void;
}

export class GonePeers {
  readonly #ports: GonePorts;
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(ports: GonePorts) {
    this.#ports = ports;
  }

  /** What dialling a peer shows, whenever it becomes something else. */
  saw(peer: string, { kind }: DialSight): void {
    if (kind !== "refused") {
      this.#forget(peer);
      return;
    }
    const node = this.#ports.present(peer);
    if (node === undefined || this.#waiting.has(peer)) return;
    const { goneAfterMs } = membershipLimits;
    const timer = setTimeout(() => {
      this.#waiting.delete(peer);
      const reason = `its machine has said for ${goneAfterMs} ms that nobody listens at its address`;
      this.#ports.gone(node, reason);
    }, goneAfterMs);
    timer.unref();
    this.#waiting.set(peer, timer);
  }

  close(): void {
    for (const peer of [...this.#waiting.keys()]) this.#forget(peer);
  }

  #forget(peer: string): void {
    clearTimeout(this.#waiting.get(peer));
    this.#waiting.delete(peer);
  }
}
