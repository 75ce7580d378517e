// Hands what other nodes say of moves to whom it concerns.
import type { MigrationNotice, NodeKey } from "#protocols/cluster/migration.ts";
import type { ArrivalDesk } from "./arrival-desk.ts";
import type { DepartureDesk } from "./departure-desk.ts";
import type { Severance } from "./severance.ts";
import type { StreamRouter } from "./stream-router.ts";

export interface NoticeParts<M, C> {
  readonly router: StreamRouter<M>;
  readonly departures: DepartureDesk<M, C>;
  readonly arrivals: ArrivalDesk<M, C>;
  readonly severance: Severance;
}

export class NoticeDesk<M, C> {
  readonly #parts: NoticeParts<M, C>;

  constructor(parts: NoticeParts<M, C>) {
    this.#parts = parts;
  }

  nodeRemoved(node: NodeKey): void {
    this.#parts.severance.nodeRemoved(node);
  }

  heard(from: NodeKey, notice: MigrationNotice): void {
    switch (notice.kind) {
      case "prepared":
      case "refused":
      case "aborted":
      case "committed":
        this.#parts.departures.noticed(from, notice);
        return;
      case "abort":
        this.#parts.arrivals.aborted(from, notice);
        return;
      case "moved":
        this.#parts.router.learn(notice.aid, { node: notice.node, epoch: notice.epoch });
        this.#parts.departures.learned(notice.aid);
        return;
      case "broken":
        this.#parts.router.broken(notice.aid, notice.epoch);
        return;
      case "close":
        this.#parts.router.close(from, notice);
        return;
      case "closed":
        this.#parts.router.closed(from, notice);
        return;
      case "probe-ack":
        this.#parts.router.acknowledged(notice.probe);
        return;
      case "sever":
        this.#parts.severance.asked(from, notice.node);
        return;
      case "severed":
        this.#parts.arrivals.severed(from, notice.node);
        return;
      default:
        notice satisfies never;
    }
  }
}
