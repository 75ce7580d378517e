// The source's side of one move. Pure: events in, effects into a sink. `departure-table.ts` says what
// each event does in each state; here stands how it is done.
//
// The target may run a copy only by right of the directory's revision that the copy bears. So before the
// actor runs on here, the copy must be void: the target says that it has dropped it, or the directory
// has a newer revision. Who neither hears the one nor gets the other keeps the actor frozen.
import { type ActorId, migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import type { DepartureOrder, DepartureSink } from "./departure-sink.ts";
import {
  type DepartureAction,
  type DepartureEvent,
  type DepartureState,
  departureTable,
} from "./departure-table.ts";
import { judgeClaim, type LocationClaim } from "./location-claim.ts";
import { type NotMigratable, notMigratable } from "./not-migratable.ts";
import type { ClaimAnswer } from "./peer-message.ts";

export class Departure<M, C> {
  readonly order: DepartureOrder;
  readonly #sink: DepartureSink<M, C>;
  #state: DepartureState = "registering";
  #revision: number | undefined;
  #cargo: { readonly cargo: C; readonly targets: readonly ActorId[] } | undefined;
  #postFreeze: M[] = [];
  #probesLeft = 0;
  #isPrepared = false;
  #isTargetGone = false;
  #why: NotMigratable | undefined;
  #claim: LocationClaim | undefined;
  #ask = 0;
  #askAgainMs = Number.POSITIVE_INFINITY;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(order: DepartureOrder, sink: DepartureSink<M, C>) {
    this.order = order;
    this.#sink = sink;
    this.#revision = order.revision;
  }

  get state(): DepartureState {
    return this.#state;
  }

  /** From here on messages are kept for whoever will run the actor. */
  get isFrozen(): boolean {
    return !["registering", "freezing", "confirming", "ended"].includes(this.#state);
  }

  get keptCount(): number {
    return this.#postFreeze.length;
  }

  start(): void {
    if (this.#revision !== undefined) {
      this.#state = this.#freeze();
      return;
    }
    this.#due(migrationLimits.prepareMsMax);
    this.#askFor({ node: this.order.self, epoch: this.order.epoch - 1, expect: "absent" });
  }

  /** A message for the frozen actor. False: as many wait as may, and this one is lost. */
  keep(message: M): boolean {
    if (this.#postFreeze.length >= migrationLimits.waitingMax) return false;
    this.#postFreeze.push(message);
    return true;
  }

  // ---- events

  frozen(cargo: C, targets: Iterable<ActorId>): void {
    this.#cargo = { cargo, targets: [...targets] };
    this.#on("frozen");
  }

  /** While the copy is under way it is learned that this actor has moved: what was sent there may be too. */
  alsoProbe(target: ActorId): void {
    if (this.#state !== "waiting" || this.#probesLeft === 0) return;
    this.#probesLeft += 1;
    this.#sink.probe(target);
  }

  notFreezable(why: NotMigratable): void {
    this.#on("not-freezable", why);
  }

  prepared(): void {
    this.#on("prepared");
  }

  refused(why: NotMigratable): void {
    this.#on("refused", why);
  }

  probeIn(): void {
    this.#on("probe-in");
  }

  aborted(): void {
    this.#on("aborted");
  }

  committed(): void {
    this.#on("committed");
  }

  targetRemoved(): void {
    this.#on("target-removed", notMigratable("target_lost", this.order.target));
  }

  /** Legal at any time; without effect once the directory was asked to name the target. */
  withdraw(detail: string): void {
    this.#on("withdrawn", notMigratable("withdrawn", detail));
  }

  answered(ask: number, answer: ClaimAnswer): void {
    if (ask !== this.#ask || !this.#claim) return;
    const verdict = judgeClaim(this.#claim, answer);
    if (verdict.kind === "ask-again") {
      this.#askAgainMs = this.#sink.now() + migrationLimits.claimRetryMs;
      return;
    }
    this.#claim = undefined;
    if (verdict.kind === "lost") {
      this.#on("claim-lost", notMigratable("directory_lost", this.order.aid));
      return;
    }
    this.#revision = verdict.revision;
    this.#on("claim-won");
  }

  tick(): void {
    const nowMs = this.#sink.now();
    if (this.#claim && nowMs >= this.#askAgainMs) this.#repeat(this.#claim);
    if (nowMs < this.#dueMs) return;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const reason = this.#state === "freezing" ? "handler_overdue" : "prepare_overdue";
    this.#on("overdue", notMigratable(reason));
  }

  // ---- actions

  #on(event: DepartureEvent, why?: NotMigratable): void {
    const action = departureTable[this.#state][event];
    if (!action) return;
    // The first reason is the true one; those that follow are its consequences.
    this.#why ??= why;
    this.#state = this.#act(action);
  }

  #act(action: DepartureAction): DepartureState {
    switch (action) {
      case "freeze":
        return this.#freeze();
      case "send-copy":
        return this.#sendCopy();
      case "note-prepared":
        this.#isPrepared = true;
        this.#sink.reached("prepared");
        return this.#claimWhenReady();
      case "count-probe":
        this.#probesLeft -= 1;
        if (this.#probesLeft === 0) this.#sink.reached("probesIn");
        return this.#claimWhenReady();
      case "stay":
        return this.#stay(this.order.epoch - 1);
      case "drop-copy":
        this.#state = "dropping";
        this.#due(migrationLimits.dropMsMax);
        this.#sink.abort(this.#reason);
        return this.#state;
      case "void-copy":
        this.#state = "voiding";
        this.#askFor({ node: this.order.self, epoch: this.order.epoch - 1 });
        return this.#state;
      case "depart":
        return this.#depart();
      case "note-target-gone":
        this.#isTargetGone = true;
        return "claiming";
      case "take-back":
        return this.#stay(this.order.epoch + 1);
      case "fence":
        return this.#end(() => this.#sink.fenced(this.#postFreeze), this.#reason);
      case "finish":
        return "ended";
      case "report-unconfirmed":
        this.#sink.unconfirmed(this.#postFreeze);
        return "ended";
      default:
        return action satisfies never;
    }
  }

  get #reason(): NotMigratable {
    return this.#why ?? notMigratable("withdrawn");
  }

  #freeze(): DepartureState {
    this.#due(migrationLimits.freezeMsMax);
    this.#state = "freezing";
    this.#sink.reached("freezeRequested");
    this.#sink.freeze();
    // The engine may have answered at once.
    return this.#state;
  }

  #sendCopy(): DepartureState {
    const copy = this.#cargo;
    if (!copy || this.#revision === undefined) return this.#state;
    this.#due(migrationLimits.prepareMsMax);
    this.#state = "waiting";
    this.#sink.reached("frozen");
    const { migration, aid, epoch } = this.order;
    const name = { migration, aid, epoch };
    const gate = this.#sink.snapshot();
    // One more than there are, so that probes that come back at once do not end the wait.
    this.#probesLeft = copy.targets.length + 1;
    for (const target of copy.targets) this.#sink.probe(target);
    this.#sink.reached("probesSent");
    const { cargo } = copy;
    this.#sink.transfer({ kind: "transfer", ...name, fence: this.#revision, cargo, gate });
    this.#sink.reached("transferSent");
    this.#cargo = undefined;
    return this.#act("count-probe");
  }

  #claimWhenReady(): DepartureState {
    if (this.#probesLeft > 0 || !this.#isPrepared) return this.#state;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#state = "claiming";
    this.#sink.reached("claimAsked");
    this.#askFor({ node: this.order.target, epoch: this.order.epoch });
    return this.#state;
  }

  #depart(): DepartureState {
    this.#sink.reached("claimAnswered");
    const revision = this.#revision;
    if (this.#isTargetGone || revision === undefined) {
      // It has the right, but never ran, and never will: this node holds all there is.
      this.#why ??= notMigratable("target_lost", this.order.target);
      this.#state = "reclaiming";
      this.#askFor({ node: this.order.self, epoch: this.order.epoch + 1 });
      return this.#state;
    }
    this.#state = "confirming";
    const { migration, aid, epoch } = this.order;
    const gate = this.#sink.snapshot();
    this.#sink.depart();
    const name = { migration, aid, epoch };
    this.#sink.commit({ kind: "commit", ...name, revision, postFreeze: this.#postFreeze, gate });
    this.#sink.reached("commitSent");
    this.#sink.settled("moved");
    this.#sink.reached("forwarding");
    return this.#state;
  }

  #stay(epoch: number): DepartureState {
    const stay = { epoch, revision: this.#revision, postFreeze: this.#postFreeze };
    return this.#end(() => this.#sink.stay(stay), this.#reason);
  }

  #end(effect: () => void, why: NotMigratable): DepartureState {
    this.#state = "ended";
    this.#claim = undefined;
    effect();
    this.#sink.settled(why);
    return "ended";
  }

  #due(withinMs: number): void {
    this.#dueMs = this.#sink.now() + withinMs;
  }

  /** `expect` absent: the revision that is known. */
  #askFor(request: { node: NodeKey; epoch: number; expect?: "absent" }): void {
    const { node, epoch } = request;
    const expect = request.expect ?? this.#revision ?? "absent";
    this.#claim = { wanted: { node, epoch, by: this.order.self }, expect };
    this.#repeat(this.#claim);
  }

  #repeat(claim: LocationClaim): void {
    this.#ask += 1;
    this.#askAgainMs = Number.POSITIVE_INFINITY;
    this.#sink.claim(claim, this.#ask);
  }
}
