// What waits for one subscriber, and where it stands in each of its channels. Nothing is skipped in
// silence: where events cannot be told, the channel has a gap until its subscriber resumes it. Pure.
//
//   opening ──begin(told)──► live ──overflow, lost message, missing number──► gapped
//      ▲   events are held                                                      │
//      └──────────────────────────── open ──────────────────────────────────────┘
//
// A channel that is opened again while it opens begins where the newest of those says that succeeds: each is
// a turn, a beginning ends its own turn and the older ones, and is kept while newer ones are under way.
import type { GapReason, Notice } from "#protocols/tasks/state-notices.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";

export interface LineTerms {
  readonly waitingMax: number;
  readonly eachMax: number;
}

type Standing =
  | {
      readonly kind: "opening";
      /** Those under way, the newest last. */
      turns: readonly number[];
      readonly held: StoreEvent[];
      isLost: boolean;
      /** Where it begins, should all turns that are left fail. */
      begun: LinePlace | undefined;
      /** It was live, and the subscriber has all up to that number; undefined: it was not. */
      readonly former: number | undefined;
    }
  | { readonly kind: "live"; told: number }
  | { readonly kind: "gapped" };

type Opening = Extract<Standing, { readonly kind: "opening" }>;

/** The subscriber knows all up to `told`, and is told `missed` behind it. */
export interface LinePlace {
  readonly told: number;
  readonly missed: readonly StoreEvent[];
}

type LatestNotice = Exclude<Notice, { readonly kind: "event" | "gap" }>;

export class NoticeLine {
  readonly #terms: LineTerms;
  readonly #standings = new Map<string, Standing>();
  #waiting: Notice[] = [];
  #inFlight: readonly Notice[] | undefined;
  #turns = 0;
  gapsTotal = 0;

  constructor(terms: LineTerms) {
    this.#terms = terms;
  }

  get channels(): readonly string[] {
    return [...this.#standings.keys()];
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  has(channel: string): boolean {
    return this.#standings.has(channel);
  }

  /** From now on its events are held, until it is known where the subscriber begins. The turn. */
  open(channel: string): number {
    this.#turns += 1;
    const turn = this.#turns;
    const before = this.#standings.get(channel);
    if (before?.kind === "opening") {
      before.turns = [...before.turns, turn];
      return turn;
    }
    const former = this.heardTo(channel);
    this.#forget(channel);
    const opening = { turns: [turn], held: [], isLost: false, begun: undefined, former };
    this.#standings.set(channel, { kind: "opening", ...opening });
    return turn;
  }

  /** The last number of a live channel that the subscriber surely has: what follows waits, or is to come. */
  heardTo(channel: string): number | undefined {
    const standing = this.#standings.get(channel);
    if (standing?.kind !== "live") return undefined;
    const owed = [...(this.#inFlight ?? []), ...this.#waiting].filter(isEvent);
    const first = owed.find((event) => event.channel === channel);
    return first ? Math.min(first.seq - 1, standing.told) : standing.told;
  }

  /** While newer turns are under way it is not known yet whether it begins there. */
  begin(channel: string, turn: number, place: LinePlace): void {
    const standing = this.#standings.get(channel);
    if (standing?.kind !== "opening" || !standing.turns.includes(turn)) return;
    standing.turns = standing.turns.filter((other) => other > turn);
    standing.begun = place;
    this.#settle(channel, standing);
  }

  /** It could not be found out where it begins: one that was live before has a gap, another one ends. */
  abandon(channel: string, turn: number): void {
    const standing = this.#standings.get(channel);
    if (standing?.kind !== "opening" || !standing.turns.includes(turn)) return;
    standing.turns = standing.turns.filter((other) => other !== turn);
    this.#settle(channel, standing);
  }

  close(channel: string): void {
    this.#forget(channel);
    this.#standings.delete(channel);
  }

  event(event: StoreEvent): void {
    const { channel, seq } = event;
    const standing = this.#standings.get(channel);
    if (standing?.kind === "opening") {
      if (standing.held.length < this.#terms.waitingMax) standing.held.push(event);
      else standing.isLost = true;
    }
    if (standing?.kind !== "live" || seq <= standing.told) return;
    if (seq > standing.told + 1) {
      this.#gap(channel, "trimmed");
      return;
    }
    if (this.#waiting.length >= this.#terms.waitingMax) this.#overflow();
    // Its own channel may have got a gap by that.
    if (this.#standings.get(channel) !== standing) return;
    standing.told = seq;
    this.#waiting.push({ kind: "event", ...event });
  }

  /** Takes the place of one of its kind that waits still. */
  latest(notice: LatestNotice): void {
    if (this.#standings.get(notice.channel)?.kind !== "live") return;
    this.#waiting = this.#waiting.filter((other) => !isReplaced(other, notice));
    if (this.#waiting.length < this.#terms.waitingMax) this.#waiting.push(notice);
  }

  /** The store's numbers begin anew. */
  gapAll(reason: GapReason): void {
    for (const channel of this.channels) this.#gap(channel, reason);
  }

  /** The next message, when the one before was answered and there is something to tell. */
  take(): readonly Notice[] | undefined {
    if (this.#inFlight || this.#waiting.length === 0) return undefined;
    this.#inFlight = this.#waiting.splice(0, this.#terms.eachMax);
    return this.#inFlight;
  }

  heard(): void {
    this.#inFlight = undefined;
  }

  /** Nobody knows whether the message in flight was handled: its channels have a gap. */
  unheard(): void {
    const lost = (this.#inFlight ?? []).filter((notice) => this.#isOwed(notice));
    this.#inFlight = undefined;
    this.#waiting = [...lost, ...this.#waiting];
    for (const { kind, channel } of lost) if (kind === "event") this.#gap(channel, "slow");
  }

  /** A channel that was opened again, or closed, has nothing to do with what was told before. */
  #isOwed({ channel, kind }: Notice): boolean {
    const standing = this.#standings.get(channel);
    return kind === "gap" ? standing?.kind === "gapped" : standing?.kind === "live";
  }

  #settle(channel: string, { begun, former, held, isLost, turns }: Opening): void {
    if (turns.length > 0) return;
    if (begun) {
      this.#standings.set(channel, { kind: "live", told: begun.told });
      for (const event of [...begun.missed, ...held]) this.event(event);
      if (isLost) this.#gap(channel, "slow");
    } else if (former === undefined) this.#standings.delete(channel);
    else this.#endAt(channel, { reason: "slow", after: former });
  }

  #overflow(): void {
    const full = new Set(this.#waiting.filter(isEvent).map(({ channel }) => channel));
    for (const channel of full) this.#gap(channel, "slow");
    this.#waiting = this.#waiting.filter(({ kind }) => kind === "gap");
  }

  /** What waits of the channel is dropped: the subscriber has all before the first of that. */
  #gap(channel: string, reason: GapReason): void {
    const standing = this.#standings.get(channel);
    if (standing?.kind !== "live") return;
    const first = this.#waiting.filter(isEvent).find((event) => event.channel === channel);
    const after = first ? first.seq - 1 : standing.told;
    this.#endAt(channel, { reason, after });
  }

  #endAt(channel: string, gap: { readonly reason: GapReason; readonly after: number }): void {
    this.#forget(channel);
    this.#standings.set(channel, { kind: "gapped" });
    this.#waiting.push({ kind: "gap", channel, ...gap });
    this.gapsTotal += 1;
  }

  #forget(channel: string): void {
    this.#waiting = this.#waiting.filter((notice) => notice.channel !== channel);
  }
}

const isEvent = (notice: Notice): notice is Extract<Notice, { readonly kind: "event" }> =>
  notice.kind === "event";

const isReplaced = (other: Notice, notice: LatestNotice): boolean =>
  other.channel === notice.channel && other.kind === notice.kind;
