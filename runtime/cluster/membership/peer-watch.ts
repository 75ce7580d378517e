// One node that this one watches: what came of it and what was seen of it, up to the verdict. Pure.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import type { Heartbeat } from "#protocols/cluster/heartbeat.ts";
import { type Hearing, judge, overdueIntervals, type Verdict } from "./evidence.ts";
import { type DetectorTerms, FailureDetector } from "./failure-detector.ts";

/** Our next heartbeat, its next one, and one for those that are late. */
const answerIntervals = 3;

/** On which way it was dialled: for its heartbeats, or for messages. */
export type DialWay = "heartbeats" | "link";

export interface PeerWatchOptions {
  /** Who watches. */
  readonly self: NodeId;
  readonly node: NodeId;
  readonly terms: DetectorTerms;
  readonly nowMs: number;
}

export class PeerWatch {
  readonly node: NodeId;
  readonly #self: NodeId;
  readonly #terms: DetectorTerms;
  readonly #dials = new Map<DialWay, DialSight>();
  #detector: FailureDetector;
  #last: Heartbeat | undefined;
  /** When the last one came. */
  #saidMs = 0;
  /** When this process last began to be heard. */
  #excusedMs: number;

  constructor({ self, node, terms, nowMs }: PeerWatchOptions) {
    this.#self = self;
    this.node = node;
    this.#terms = terms;
    this.#detector = new FailureDetector(nowMs, terms);
    this.#excusedMs = nowMs;
  }

  /** Of this very incarnation, and newer than those before: whether it counts. */
  heard(heartbeat: Heartbeat, nowMs: number): boolean {
    if (!isSameNode(heartbeat.node, this.node)) return false;
    if (this.#last && heartbeat.sequence <= this.#last.sequence) return false;
    if (heartbeat.intervalMs === (this.#last?.intervalMs ?? this.#terms.intervalMs)) {
      this.#detector.heard(nowMs);
    } else {
      // It beats otherwise than was expected: what was learned of it is void.
      const terms = { ...this.#terms, intervalMs: heartbeat.intervalMs };
      this.#detector = new FailureDetector(nowMs, terms);
    }
    this.#last = heartbeat;
    this.#saidMs = nowMs;
    return true;
  }

  dialled(way: DialWay, sight: DialSight): void {
    this.#dials.set(way, sight);
  }

  /** This process stood still until now: it heard nobody, and nobody could hear it. */
  excuse(lateMs: number, nowMs: number): void {
    this.#detector.excuse(lateMs);
    this.#excusedMs = nowMs;
  }

  /** What its last heartbeat says of that node; of old words nothing is known. */
  says(of: NodeId, nowMs: number): Hearing {
    if (!this.#last || this.#detector.isSilent(nowMs)) return "unknown";
    if (this.#last.hears.some((node) => isSameNode(node, of))) return "yes";
    return this.#last.misses.some((node) => isSameNode(node, of)) ? "no" : "unknown";
  }

  /** No heartbeat of it is overdue. */
  isFresh(nowMs: number): boolean {
    return this.#last !== undefined && nowMs - this.#detector.heardMs <= this.#overdueMs;
  }

  /**
   * Whether it says that it hears that node, which `lost` says is heard here no longer. Its words are
   * old: they speak for a heartbeat that is not missing here only when they came so much later.
   */
  hearsWhatIsLost(lost: PeerWatch, nowMs: number): Hearing {
    const said = this.says(lost.node, nowMs);
    const laterMs = this.#saidMs - lost.#detector.heardMs;
    return said === "yes" && laterMs <= lost.#overdueMs + lost.#intervalMs ? "unknown" : said;
  }

  judge(nowMs: number, isHeardByOthers: Hearing): Verdict {
    return judge({
      nowMs,
      heardMs: this.#detector.heardMs,
      wasHeard: this.#last !== undefined,
      isSilent: this.#detector.isSilent(nowMs),
      intervalMs: this.#intervalMs,
      dials: [...this.#dials.values()],
      hearsUs: this.#hearsUs(nowMs),
      isHeardByOthers,
    });
  }

  /** That it misses us says nothing as long as it may not have heard us since we stood still. */
  #hearsUs(nowMs: number): Hearing {
    const said = this.says(this.#self, nowMs);
    const isOld = this.#saidMs - this.#excusedMs <= this.#intervalMs * answerIntervals;
    return said === "no" && isOld ? "unknown" : said;
  }

  get #intervalMs(): number {
    return this.#last?.intervalMs ?? this.#terms.intervalMs;
  }

  get #overdueMs(): number {
    return this.#intervalMs * overdueIntervals;
  }
}
