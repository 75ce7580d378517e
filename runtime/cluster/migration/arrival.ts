// The target's side of one move. Pure: events in, effects into a sink.
//
//   prepared ──commit──► running            prepared ──abort──► dropped
//       └──source removed──► orphaned ──recovered──► running
//                                └──void──► dropped
//
// A copy runs only after its commit, or after its recovery (`orphan-recovery.ts`). What comes for it
// before waits, and is let in afterwards in the order in which it came.
import { migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import { OrphanRecovery, type OrphanSink } from "./orphan-recovery.ts";
import type {
  ClaimAnswer,
  CommitCargo,
  GateSnapshot,
  MigrationName,
  StreamItem,
  TransferCargo,
} from "./peer-message.ts";

/** The numbered steps, as told to `reached`: 5 to 9 only where the source is gone, 4 after them. */
export const arrivalSteps = {
  transferReceived: 1,
  preparedSent: 2,
  commitReceived: 3,
  running: 4,
  sourceRemoved: 5,
  severAsked: 6,
  severed: 7,
  claimAsked: 8,
  claimWon: 9,
} as const;
export type ArrivalStep = keyof typeof arrivalSteps;

/** What is needed to run the actor here. */
export interface Arrived<M, C> extends MigrationName {
  readonly cargo: C;
  readonly revision: number;
  readonly gate: GateSnapshot<M>;
  readonly postFreeze: readonly M[];
  readonly early: readonly StreamItem<M>[];
  /** How it came to run: what reached the source after the freeze came along, or is lost. */
  readonly by: "commit" | "recovery";
}

export interface ArrivalSink<M, C> extends Pick<OrphanSink, "sever" | "claim" | "now"> {
  notify(kind: "prepared" | "committed" | "aborted"): void;
  run(arrived: Arrived<M, C>): void;
  /** The copy is void: nothing of it may run, and what waits for it has lost its way. */
  dropped(early: readonly StreamItem<M>[]): void;
  reached(step: ArrivalStep): void;
}

export class Arrival<M, C> {
  readonly source: NodeKey;
  readonly #self: NodeKey;
  readonly #transfer: TransferCargo<M, C>;
  readonly #sink: ArrivalSink<M, C>;
  readonly #early: StreamItem<M>[] = [];
  #recovery: OrphanRecovery | undefined;
  #state: "prepared" | "orphaned" | "running" | "dropped" = "prepared";

  constructor(
    ends: { readonly self: NodeKey; readonly source: NodeKey },
    transfer: TransferCargo<M, C>,
    sink: ArrivalSink<M, C>,
  ) {
    this.#self = ends.self;
    this.source = ends.source;
    this.#transfer = transfer;
    this.#sink = sink;
  }

  get state(): "prepared" | "orphaned" | "running" | "dropped" {
    return this.#state;
  }

  get name(): MigrationName {
    const { migration, aid, epoch } = this.#transfer;
    return { migration, aid, epoch };
  }

  get fence(): number {
    return this.#transfer.fence;
  }

  get earlyCount(): number {
    return this.#early.length;
  }

  start(): void {
    this.#sink.reached("transferReceived");
    this.#sink.notify("prepared");
    this.#sink.reached("preparedSent");
  }

  /** An item that is addressed to this incarnation already. False: as many wait as may; it is lost. */
  keep(item: StreamItem<M>): boolean {
    const isMessage = item.body.kind === "message";
    if (isMessage && this.#early.length >= migrationLimits.waitingMax) return false;
    this.#early.push(item);
    return true;
  }

  commit({ revision, postFreeze, gate }: CommitCargo<M>): void {
    if (this.#state !== "prepared") return;
    this.#sink.reached("commitReceived");
    this.#run({ revision, postFreeze, gate, by: "commit" });
    this.#sink.notify("committed");
  }

  abort(): void {
    if (this.#state !== "prepared") return;
    this.#drop();
    this.#sink.notify("aborted");
  }

  /** A newer copy of the same actor has come: the right of this one has passed. */
  replaced(): void {
    if (this.#state === "prepared" || this.#state === "orphaned") this.#drop();
  }

  sourceRemoved(peers: Iterable<NodeKey>): void {
    if (this.#state !== "prepared") return;
    this.#state = "orphaned";
    this.#sink.reached("sourceRemoved");
    const orphan = { self: this.#self, source: this.source, ...this.#transfer };
    this.#recovery = new OrphanRecovery(orphan, this.#orphanSink());
    this.#recovery.start(peers);
    this.#sink.reached("severAsked");
  }

  severed(peer: NodeKey): void {
    this.#recovery?.severed(peer);
  }

  answered(ask: number, answer: ClaimAnswer): void {
    this.#recovery?.answered(ask, answer);
  }

  tick(): void {
    this.#recovery?.tick();
  }

  #orphanSink(): OrphanSink {
    const sink = this.#sink;
    return {
      sever: (peer) => sink.sever(peer),
      now: () => sink.now(),
      claim: (claim, ask) => {
        sink.reached("claimAsked");
        sink.claim(claim, ask);
      },
      severedByAll: () => sink.reached("severed"),
      recovered: (revision) => {
        if (this.#state !== "orphaned") return;
        sink.reached("claimWon");
        this.#run({ revision, postFreeze: [], gate: this.#transfer.gate, by: "recovery" });
      },
      voided: () => {
        if (this.#state === "orphaned") this.#drop();
      },
    };
  }

  #run(how: Pick<Arrived<M, C>, "revision" | "postFreeze" | "gate" | "by">): void {
    this.#state = "running";
    this.#recovery = undefined;
    const { cargo } = this.#transfer;
    this.#sink.run({ ...this.name, cargo, early: this.#early, ...how });
    this.#sink.reached("running");
  }

  #drop(): void {
    this.#state = "dropped";
    this.#recovery = undefined;
    this.#sink.dropped(this.#early);
  }
}
