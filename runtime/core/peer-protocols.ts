// What other nodes have said of the protocols that they know, and which of ours they misunderstand.
import type { NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { breakingDifference, decodeTable, type ProtocolTable } from "#protocols/protocol-table.ts";
import { NodeMap } from "./node-map.ts";
import type { Log } from "./ports.ts";

interface Peer {
  readonly table: ProtocolTable;
  /** Of protocols that were asked for: why their messages are refused, if they are. */
  readonly verdicts: Map<Protocol<unknown>, Failure | "fits">;
}

export class PeerProtocols {
  readonly #log: Log;
  readonly #peers = new NodeMap<Peer>();

  constructor(log: Log) {
    this.#log = log;
  }

  introduced(node: NodeId, introduction: Uint8Array): void {
    if (introduction.length === 0) return;
    try {
      const table = decodeTable(introduction);
      this.#peers.set(node, { table, verdicts: new Map() });
    } catch (error) {
      const { code, detail } = Failure.of(error);
      this.#log.write("warn", `/system/links/${node.name}`, detail, { code });
    }
  }

  nodeDown(node: NodeId): void {
    this.#peers.delete(node);
  }

  /** Why messages of that node for actors of the protocol are refused; undefined when they are not. */
  refusal(from: NodeId, protocol: Protocol<unknown>): Failure | undefined {
    const peer = this.#peers.get(from);
    if (peer === undefined) return undefined;
    const known = peer.verdicts.get(protocol);
    if (known !== undefined) return known === "fits" ? undefined : known;
    const difference = breakingDifference(peer.table, protocol);
    const verdict = difference === undefined ? undefined : mismatch(from, protocol, difference);
    peer.verdicts.set(protocol, verdict ?? "fits");
    if (verdict) {
      this.#log.write("error", `/system/links/${from.name}`, verdict.detail, {
        code: verdict.code,
      });
    }
    return verdict;
  }
}

const mismatch = (from: NodeId, { id }: Protocol<unknown>, difference: string): Failure => {
  const remedy = "run the same release there, or give the changed protocol a new version";
  return new Failure(
    "protocol_mismatch",
    `${id} of ${from.name} is another: ${difference}; ${remedy}`,
  );
};
